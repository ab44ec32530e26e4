// The appraiser's whole case without a mouse.

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'

import { context, newPage, runPath, signIn, withBrowser } from './lib/browser'
import { world } from './lib/world'

withBrowser()

/** What has the focus, as a screen reader would name it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const found = document.activeElement
    if (!(found instanceof HTMLElement) || found === document.body) return ''
    const label =
      found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found.labels?.[0] : null
    return (found.getAttribute('aria-label') ?? label?.innerText ?? found.innerText ?? '').trim()
  })
}

/** Tab by Tab to a control; it must be reachable, and its focus must be seen. */
async function tabTo(page: Page, name: RegExp, most = 150): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab')
    if (name.test(await focused(page))) return
  }
  throw new Error(`${name} is not reached by ${most} tabs; the focus is on ${await focused(page)}`)
}

async function arrowTo(page: Page, name: RegExp, most = 10): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('ArrowRight')
    if (name.test(await focused(page))) return
  }
  throw new Error(`${name} is not reached by ${most} arrows; the focus is on ${await focused(page)}`)
}

it('signs in, takes the task, prices the car and sends it', async () => {
  const inspected = world.deals.inspected!
  const page = await newPage(await context())
  await page.goto('/')
  await page.getByLabel('Логин').waitFor()
  if (!/Логин/.test(await focused(page))) await tabTo(page, /Логин/)
  await page.keyboard.type('appraiser')
  await tabTo(page, /Пароль/)
  await page.keyboard.type(world.password)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation').waitFor({ state: 'attached' })

  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.waitForURL((url) => url.pathname === '/tasks')
  // One stop for all tabs; arrows go from one to the next.
  await tabTo(page, /^Все/)
  await arrowTo(page, /^Свободные/)
  await page.getByRole('tab', { name: /^Свободные/, selected: true }).waitFor()
  await page.locator('[role="grid"][aria-busy="false"]').getByText(inspected.car.identifier).first().waitFor()
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Оценить автомобиль' }).waitFor()

  await tabTo(page, /^Взять в работу/)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Вернуть в очередь' }).waitFor()

  // Digits open the sections of the case.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press('5')
  await tabTo(page, /розница/i)
  await page.keyboard.press('Space')
  for (const [name, sum] of [
    [/^Прогнозная цена/, '560000'],
    [/^Цена выкупа/, '440000'],
    [/^Предельная цена/, '470000'],
  ] as const) {
    await tabTo(page, name)
    await page.keyboard.type(sum)
  }
  await page.keyboard.press('Control+Enter')
  await page
    .getByRole('dialog')
    .getByText(/Отправить оценку\?/)
    .waitFor()
  await expect.poll(() => focused(page)).toMatch(/Отправить оценку/)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/tasks')

  const head = await signIn('head')
  await head.goto(runPath(inspected.id, 'price'))
  await head
    .getByText(/440\s000/)
    .first()
    .waitFor()
})
