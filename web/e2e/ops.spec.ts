// What ops see and do when something does not go on: why a run stands, a partner that is away, many retries,
// differences between systems.

import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { accessible, complaints, fits, PHONE, runPath, signIn, withBrowser } from './lib/browser'
import { eventually, fault, mend } from './lib/portal'
import { confirm, inspect, inspectorOf } from './lib/steps'
import { world } from './lib/world'

withBrowser()

const started = world.deals.started!
const moved = world.deals.moved!

const banner = (page: Page) => page.getByRole('status').filter({ hasText: 'Остановлен партнёр' })

/** Writes the words that the dialog wants and confirms it. */
async function withReason(page: Page, words: string, button: string): Promise<void> {
  await page
    .getByRole('dialog')
    .getByLabel(/Причина/)
    .fill(words)
  await confirm(page, button)
}

/** The tab of /ops with that name. */
async function tab(page: Page, name: string, title: string): Promise<Locator> {
  await page.goto(`/ops?tab=${name}`)
  await page.getByRole('tab', { name: title, selected: true }).waitFor()
  return page.getByRole('tabpanel')
}

describe('why a run stands', () => {
  it('is told in the waiting card in short and on its own tab in full, to ops alone', async () => {
    const ops = await signIn('ops', { path: runPath(started.id) })
    await ops.getByRole('button', { name: 'Почему стоит?' }).click()
    const short = ops.getByRole('region', { name: 'Почему стоит?' })
    await short.getByText(/Ждём решения по задаче «Осмотреть автомобиль»/).waitFor()
    await short.getByText('Отменить дело').first().waitFor()
    await short.getByRole('link', { name: 'Подробно' }).click()
    await ops.getByRole('tab', { name: 'Движок', selected: true }).waitFor()
    const waits = ops.getByRole('region', { name: 'Чего ждёт' })
    const first = waits.locator('[data-wait]').first()
    await first.getByText('держит дело').waitFor()
    expect(await first.getAttribute('data-wait')).toBe('TASK')
    await first
      .getByText(/Игорь Ветров|Лев Морозов/)
      .first()
      .waitFor()
    const actions = ops.getByRole('region', { name: 'Что можно сделать' })
    // Ops may stop the run, and only the inspector may decide the task.
    await actions.locator('[data-action=CANCEL]').getByText('кнопка «Отменить дело»').waitFor()
    await actions.locator('[data-action=DECIDE_TASK]').getByText('осмотрщик').first().waitFor()
    expect(complaints.get(ops)).toEqual([])

    const head = await signIn('head', { path: runPath(started.id) })
    await head.getByRole('heading', { level: 1 }).waitFor()
    await head.getByRole('region', { name: 'Сейчас ждём' }).waitFor()
    expect(await head.getByRole('button', { name: 'Почему стоит?' }).count()).toBe(0)
    expect(await head.getByRole('tab', { name: 'Движок' }).count()).toBe(0)
  })

  it('keeps what ops found out, and what they type outlives a reload', async () => {
    const ops = await signIn('ops', { path: runPath(started.id, 'engine') })
    const notes = ops.getByRole('region', { name: 'Заметки сопровождения' })
    await notes.getByText('Заметок ещё нет.').waitFor()
    await notes.getByLabel('Что выяснено или сделано').fill('Осмотрщик едет, будет к обеду. 🚗')
    await ops.reload()
    const field = notes.getByLabel('Что выяснено или сделано')
    await expect.poll(() => field.inputValue()).toBe('Осмотрщик едет, будет к обеду. 🚗')
    await notes.getByRole('button', { name: 'Записать' }).click()
    await notes.locator('p').filter({ hasText: 'будет к обеду' }).waitFor()
    await expect.poll(() => field.inputValue()).toBe('')
  })
})

describe('a partner that is stopped', () => {
  it('is held with a reason that everybody of ops sees, and released by another one', async () => {
    const ops = await signIn('ops')
    const admin = await signIn('admin', { viewport: PHONE, scheme: 'dark' })
    expect(await banner(admin).count()).toBe(0)
    const partners = await tab(ops, 'partners', 'Партнёры')
    await partners.getByRole('button', { name: 'Остановить: Автотека' }).click()
    // A hold without a reason is none.
    const reason = ops.getByRole('dialog').getByLabel(/Причина/)
    await ops.getByRole('dialog').getByRole('button', { name: 'Остановить' }).click()
    expect(await reason.evaluate((field: HTMLTextAreaElement) => field.checkValidity())).toBe(false)
    await withReason(ops, 'Плановые работы у партнёра.', 'Остановить')
    const held = partners.locator('[data-held]')
    await held.getByText(/остановлен сопровождением.*Плановые работы у партнёра\./).waitFor()
    await held.getByRole('button', { name: 'Показать дела, которые ждут' }).click()
    await held.getByText('Ни одно дело не ждёт этого партнёра.').waitFor()
    // On the other person's home page without a reload.
    await banner(admin).getByText('Плановые работы у партнёра.').waitFor()
    for (const page of [ops, admin]) {
      await fits(page, 'a held partner')
      await accessible(page, 'a held partner')
    }
    await banner(admin).getByRole('button', { name: 'Возобновить: Автотека' }).click()
    await confirm(admin, 'Возобновить')
    await banner(admin).waitFor({ state: 'detached' })
    await banner(ops).waitFor({ state: 'detached' })
    const row = partners.locator('tr[data-hold=OPS]').first()
    expect(await row.innerText()).toMatch(/Плановые работы у партнёра\./)
    expect(await row.innerText()).not.toMatch(/стоит/)
    expect([...complaints.get(ops)!, ...complaints.get(admin)!]).toEqual([])
  })

  it('that is away stops by itself; its runs say so and go on once it is back', async () => {
    await fault('fssp', 'search_person', 'every', { status: 503 })
    const ops = await signIn('ops')
    const inspector = await signIn(await inspectorOf(ops, started.id))
    await inspect(inspector, started)
    await ops.goto('/ops')
    await banner(ops)
      .getByText(/ФССП остановлен из-за сбоев \(Kite сам/)
      .waitFor({ timeout: 60_000 })
    // The run says whom it waits for, and why.
    await ops.goto(runPath(started.id, 'engine'))
    const waiting = ops.getByRole('region', { name: 'Сейчас ждём' })
    await waiting.getByText('Партнёр остановлен: ФССП').waitFor()
    await waiting.getByText('Шаг ждёт и продолжится сам').waitFor()
    const first = ops.getByRole('region', { name: 'Чего ждёт' }).locator('[data-wait]').first()
    await expect.poll(() => first.getAttribute('data-wait')).toBe('HOLD')
    const partners = await tab(ops, 'partners', 'Партнёры')
    const held = partners.locator('[data-held=fssp]')
    await held.getByText('Kite сам проверяет партнёра').waitFor()
    await held.getByRole('button', { name: 'Показать дела, которые ждут' }).click()
    await held.getByRole('link', { name: String(started.deal) }).waitFor()

    await mend()
    await banner(ops).getByRole('button', { name: 'Возобновить: ФССП' }).click()
    await confirm(ops, 'Возобновить')
    await banner(ops).waitFor({ state: 'detached' })
    await ops.goto(runPath(started.id))
    await ops.getByText('ФССП: партнёр снова работает, продолжаем.').waitFor({ timeout: 60_000 })
    await ops.getByText('ФССП: чисто.').waitFor({ timeout: 60_000 })
    expect(complaints.get(ops)).toEqual([])
  })
})

describe('many retries at once', () => {
  it('come after a check that does nothing, and are told one by one', async () => {
    const ops = await signIn('ops')
    const panel = await tab(ops, 'retry', 'Повтор')
    await panel.getByRole('combobox', { name: 'Что повторять' }).click()
    await ops.getByRole('option', { name: 'Входящие сообщения' }).click()
    const go = panel.getByRole('button', { name: /^Повторить: / })
    expect(await go.count()).toBe(0)
    // The messages are kept aside once Kite has read them.
    await eventually('three messages that fit nowhere', async () => {
      await panel.getByRole('button', { name: 'Проверить' }).click()
      await panel
        .getByText(/Будет повторено: \d|Повторять нечего/)
        .first()
        .waitFor()
      return (await panel.locator('tr[data-outcome=WOULD_RETRY]').count()) === 3 ? true : undefined
    })
    expect(await go.innerText()).toBe('Повторить: 3')
    // Another filter wants another check.
    await panel.getByLabel('Номер дела').fill('buyout:nobody:1')
    await panel.getByText('Отбор изменился, проверьте ещё раз.').waitFor()
    expect(await go.count()).toBe(0)
    await panel.getByLabel('Номер дела').fill('')
    await panel.getByLabel('В секунду').fill('1')
    await go.click()
    await ops.getByRole('dialog').getByText('Будет повторено: 3, по 1 в секунду.').waitFor()
    await confirm(ops, 'Повторить: 3')
    await panel.getByText(/Повторено [12] из 3/).waitFor()
    await panel.getByText('Готово: повторено 3, пропущено 0, не удалось 0.').waitFor()
    expect(await panel.locator('tr[data-outcome=RETRIED]').count()).toBe(3)
    expect(complaints.get(ops)).toEqual([])
  })
})

describe('differences between systems', () => {
  it('are found by a sweep, taken by one and settled with a word', async () => {
    const ops = await signIn('ops')
    const panel = await tab(ops, 'findings', 'Расхождения')
    await panel.getByText('Расхождений нет: системы сходятся.').waitFor()
    const sweep = panel.locator('[data-sweep=RECONCILE]')
    await sweep.getByText('ещё не запускался').waitFor()
    await sweep.getByRole('button', { name: 'Запустить сейчас' }).click()
    // The portal says that the deal is lost; the list learns of it by itself.
    const finding = panel.locator('[data-finding=DEAL_CLOSED]')
    await finding.getByText(String(moved.deal)).waitFor({ timeout: 60_000 })
    await sweep.getByText(/расхождений: 1, из них новых: 1/).waitFor()
    await finding.getByText('В Kite', { exact: true }).waitFor()
    await finding.getByText('Что сделать', { exact: true }).waitFor()
    await finding.getByRole('button', { name: 'Взять в работу' }).click()
    await finding.getByText(/^Разбирает .+ с /).waitFor()
    const admin = await signIn('admin', { path: '/ops?tab=findings' })
    const seen = admin.locator('[data-finding=DEAL_CLOSED]')
    await seen.getByText(/^Разбирает .+ с /).waitFor()
    expect(await seen.getByRole('button', { name: 'Взять в работу' }).count()).toBe(0)
    await finding.getByRole('button', { name: 'Закрыть расхождение' }).click()
    await withReason(ops, 'Клиент отказался, дело отменяем.', 'Закрыть расхождение')
    await finding.waitFor({ state: 'detached' })
    await seen.waitFor({ state: 'detached' })
    await panel.getByLabel('Показать закрытые').check()
    await finding.getByText(/^Закрыто .+: Клиент отказался, дело отменяем\.$/).waitFor()
    expect([...complaints.get(ops)!, ...complaints.get(admin)!]).toEqual([])
  })
})
