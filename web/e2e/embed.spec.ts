// The tab in a deal's card: a frame of another site, without storage, camera or clipboard.

import { expect, it } from 'vitest'

import { accessible, complaints, context, newPage, withBrowser } from './lib/browser'
import { world } from './lib/world'

withBrowser()

const MANAGER = 16
/** An employee of the portal who is not of Kite’s staff. */
const STRANGER = 23

it('shows the run of the deal to the employee whom the portal names', async () => {
  const offered = world.deals.offered!
  const page = await newPage(await context())
  await page.goto(`${world.portal}/crm/deal/details/${offered.deal}/?user=${MANAGER}`)
  const frame = page.frameLocator('iframe').first()
  await frame.getByRole('heading', { level: 1 }).waitFor({ timeout: 60_000 })
  await frame.getByText('Предложение клиенту').first().waitFor()
  const inner = page.frames().find((each) => each.url().startsWith(world.url))
  expect(inner, 'a frame of the gateway').toBeDefined()
  // The ticket is gone from the address, and the portal's tokens never came here.
  expect(inner!.url()).not.toMatch(/ticket|AUTH/)
  expect(new URL(inner!.url()).host).not.toBe(new URL(page.url()).host)
  await frame.getByRole('link', { name: 'Открыть в отдельном окне' }).waitFor()
  expect(complaints.get(page)).toEqual([])
  await accessible(page, 'the tab in the card')
})

it('says what to do to somebody whom Kite does not know', async () => {
  const offered = world.deals.offered!
  const page = await newPage(await context())
  await page.goto(`${world.portal}/crm/deal/details/${offered.deal}/?user=${STRANGER}`)
  const frame = page.frameLocator('iframe').first()
  await frame
    .getByText(/администратор/i)
    .first()
    .waitFor()
})

it('is framed by nobody else', async () => {
  const page = await newPage(await context())
  const answer = await page.goto('/')
  expect(answer?.headers()['content-security-policy']).toContain("frame-ancestors 'none'")
})
