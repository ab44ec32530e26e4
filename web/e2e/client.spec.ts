// The client's page on a phone: reading does nothing, answering does it once.

import { expect, it } from 'vitest'

import { accessible, context, fits, newPage, PHONE, runPath, signIn, withBrowser } from './lib/browser'
import { code, link } from './lib/portal'
import { world } from './lib/world'

withBrowser()

it('reads the offer, asks for more, gets an answer, accepts with a code', async () => {
  const offered = world.deals.offered!
  const address = await link(offered.car.phone)
  for (const scheme of ['light', 'dark'] as const) {
    const page = await newPage(await context({ viewport: PHONE, scheme }))
    await page.goto(address)
    await page
      .getByText(/440\s000/)
      .first()
      .waitFor()
    await fits(page, `the offer page (${scheme})`)
    await accessible(page, `the offer page (${scheme})`)
  }
  const client = await newPage(await context({ viewport: PHONE }))
  await client.goto(address)
  await client.goto(address)
  // Reading it, twice, answered nothing; but the desk sees that it was opened.
  const manager = await signIn('manager')
  await manager.goto(runPath(offered.id, 'price'))
  await manager.getByText('Клиент открыл').waitFor()
  await expect.poll(() => manager.getByText('ещё не открывал').count()).toBe(0)
  await client.getByRole('button', { name: /код/i }).first().click()
  const digits = await code(offered.car.phone)
  await client.getByLabel(/код/i).first().fill(digits)
  await client
    .getByRole('button', { name: /принять|соглас/i })
    .first()
    .click()
  await client
    .getByText(/Договорились/)
    .first()
    .waitFor()
  await manager.getByText('согласен', { exact: false }).first().waitFor()
})
