// PDF beside the fields, drawn in the page; templates as their receivers see them.

import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { complaints, signIn, withBrowser } from './lib/browser'
import { collectPapers, openTask } from './lib/steps'
import { world } from './lib/world'

withBrowser()

/** Waits until a page is drawn, and tells how much of it is ink. */
async function ink(canvas: Locator): Promise<number> {
  await canvas.and(canvas.page().locator('[data-drawn]')).waitFor()
  return canvas.evaluate((element) => {
    const drawn = element as HTMLCanvasElement
    const { data } = drawn.getContext('2d')!.getImageData(0, 0, drawn.width, drawn.height)
    let dark = 0
    for (let at = 0; at < data.length; at += 4) if (data[at]! < 128 && data[at + 3]! > 0) dark += 1
    return dark / (data.length / 4)
  })
}

/** A scan as an office scanner makes one. */
async function scan(page: Page, text: string) {
  const sheet = await page.context().newPage()
  await sheet.setContent(`<h1>${text}</h1>${'<p>строка</p>'.repeat(80)}`)
  const buffer = await sheet.pdf({ format: 'A4' })
  await sheet.close()
  return { name: 'скан.pdf', mimeType: 'application/pdf', buffer }
}

describe('PDF in the page', () => {
  it('is there for the verifier, beside the fields, and cannot do anything', async () => {
    const deal = world.deals.papers!
    const manager = await signIn('manager')
    await collectPapers(manager, deal, await scan(manager, 'ПАСПОРТ'))
    const verifier = await signIn('verifier')
    await openTask(verifier, deal.id, 'Проверить документы')
    const view = verifier.getByRole('group', { name: /^Просмотр: Паспорт.*1/i })
    const first = view.getByRole('img', { name: /страница 1 из \d/ })
    expect(await ink(first)).toBeGreaterThan(0.002)
    const width = (await first.boundingBox())?.width ?? 0
    await view.press('+')
    await expect.poll(async () => (await first.boundingBox())?.width).toBeGreaterThan(width * 1.4)
    expect(await ink(first)).toBeGreaterThan(0.002)
    expect(await verifier.locator('iframe, embed, object').count()).toBe(0)
    expect(complaints.get(verifier)).toEqual([])
    expect(complaints.get(manager)).toEqual([])
  })

  it('is there for the manager who signs', async () => {
    const manager = await signIn('manager')
    await openTask(manager, world.deals.verified!.id, 'Подписать договор и акт')
    for (const title of [/договор/i, /акт/i]) {
      await manager.getByRole('tab', { name: title }).click()
      const page = manager.getByRole('img', { name: /страница 1 из \d/ })
      expect(await ink(page)).toBeGreaterThan(0.002)
    }
    expect(complaints.get(manager)).toEqual([])
  })
})

describe('templates', () => {
  it('look as their receivers see them', async () => {
    const admin = await signIn('admin', { path: '/admin/templates?item=buyout/offer_page/open.html' })
    const page = admin.frameLocator('iframe.kite-preview')
    const button = page.getByRole('button').first()
    await button.waitFor()
    const [color, plain] = await button.evaluate((element) => [
      getComputedStyle(element).backgroundColor,
      getComputedStyle(element.ownerDocument.body).fontFamily,
    ])
    expect(color).not.toBe('rgb(239, 239, 239)')
    expect(plain).not.toMatch(/^(Times|serif)/)
    await admin.goto('/admin/templates?item=buyout/contract.pdf')
    const contract = admin.getByRole('img', { name: /страница 1 из \d/ })
    expect(await ink(contract)).toBeGreaterThan(0.002)
    expect(complaints.get(admin)).toEqual([])
  })
})
