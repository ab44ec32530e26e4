// What changes elsewhere is seen at once, and nothing that somebody typed is lost on a bad day.

import { expect, it } from 'vitest'

import { complaints, runPath, signIn, withBrowser } from './lib/browser'
import { claim, openTask } from './lib/steps'
import { world, type Deal } from './lib/world'

withBrowser()

const deal = (name: string): Deal => {
  const found = world.deals[name]
  if (!found) throw new Error(`no deal ${name}`)
  return found
}

it('one task, two people: one takes it, the other sees who did', async () => {
  const { id } = deal('inspected')
  const [first, second] = await Promise.all([signIn('appraiser'), signIn('head')])
  await openTask(first, id, 'Оценить автомобиль')
  await second.goto(first.url())
  await second.getByRole('heading', { level: 1, name: 'Оценить автомобиль' }).waitFor()
  await claim(first)
  // The other page was not touched and says it all the same.
  await second.getByText('Ольга Крылова').first().waitFor()
  // Undo of a claim: the button of the message gives it back.
  await first.getByRole('button', { name: 'Вернуть', exact: true }).click()
  await second.getByText('Решает:').waitFor()
})

it('a message in the chat appears in the other window as it was written', async () => {
  const { id } = deal('inspected')
  const words = `<script>alert(1)</script> שלום 🚗 ${'ж'.repeat(3_900)}`
  const [first, second] = await Promise.all([signIn('appraiser'), signIn('manager')])
  await first.goto(runPath(id, 'chat'))
  await second.goto(runPath(id, 'chat'))
  await second.getByRole('textbox').first().waitFor()
  await first.getByRole('textbox').first().fill(words)
  await first.keyboard.press('Control+Enter')
  await second.getByText('<script>alert(1)</script>', { exact: false }).first().waitFor()
  expect(await second.locator('main script').count()).toBe(0)
  expect(complaints.get(second)).toEqual([])
})

it('the network goes: a banner, what was read stays, what was typed stays, then all goes on', async () => {
  const { id } = deal('offered')
  const page = await signIn('manager')
  await openTask(page, id, 'Предложить цену клиенту')
  await page.getByRole('radio', { name: 'Отказывается' }).check()
  const reason = page.getByLabel(/Причина отказа/)
  await reason.fill('Хочет подумать до весны')
  await page.context().setOffline(true)
  await page.locator('[data-offline]').waitFor({ timeout: 60_000 })
  expect(await reason.inputValue()).toBe('Хочет подумать до весны')
  await page.getByRole('button', { name: 'Записать', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Записать' }).click()
  await page
    .getByText(/Сервер не отвечает/)
    .first()
    .waitFor()
  expect(await reason.inputValue()).toBe('Хочет подумать до весны')
  await page.context().setOffline(false)
  await page.locator('[data-offline]').waitFor({ state: 'detached', timeout: 60_000 })
  // A reload loses nothing either.
  await page.reload()
  expect(await page.getByLabel(/Причина отказа/).inputValue()).toBe('Хочет подумать до весны')
})

it('a stream that does not come through gives way to polling, and says so', async () => {
  const { id } = deal('offered')
  const page = await signIn('head')
  await page.route('**/kite.event.v1.EventService/Subscribe', (route) => route.abort())
  await page.goto(runPath(id))
  await page.locator('[data-live=polling]').waitFor({ timeout: 60_000 })
  await page.getByText('Обновление раз в 10 секунд').waitFor()
})

it('the session ends in the middle of a form: the person signs in over it and goes on', async () => {
  const { id } = deal('offered')
  const page = await signIn('manager')
  await openTask(page, id, 'Предложить цену клиенту')
  await page.getByRole('radio', { name: 'Хочет дороже' }).check()
  await page.getByLabel(/Сумма клиента/).fill('455000')
  // The cookie is gone and the server takes the token for an old one.
  await page.context().clearCookies()
  let refuse = true
  await page.route('**/kite.task.v1.TaskService/DecideTask', (route) =>
    refuse
      ? route.fulfill({
          status: 200,
          headers: {
            'content-type': 'application/grpc-web+proto',
            'grpc-status': '16',
            'grpc-message': 'expired',
          },
          body: '',
        })
      : route.continue(),
  )
  await page.getByRole('button', { name: 'Записать', exact: true }).click()
  const again = page.getByRole('dialog', { name: 'Вход в Kite' })
  await again.waitFor()
  refuse = false
  await again.getByLabel('Логин').fill('manager')
  await again.getByLabel('Пароль').fill(world.password)
  await again.getByRole('button', { name: 'Войти', exact: true }).click()
  await again.waitFor({ state: 'detached' })
  expect((await page.getByLabel(/Сумма клиента/).inputValue()).replaceAll(/\s/g, '')).toBe('455000')
})

it('a record changed meanwhile is not overwritten: the refusal says so and what was typed stays', async () => {
  const { id } = deal('inspected')
  const [first, head] = await Promise.all([signIn('appraiser'), signIn('head')])
  await openTask(first, id, 'Оценить автомобиль')
  // What the appraiser asks for is on its way for as long as the other one needs.
  let arrive = (): void => undefined
  const meanwhile = new Promise<void>((resolve) => {
    arrive = resolve
  })
  await first.route('**/kite.task.v1.TaskService/ClaimTask', async (route) => {
    await meanwhile
    await route.continue()
  })
  await first.getByRole('button', { name: 'Взять в работу' }).click()
  await head.goto(first.url())
  const comment = head.getByLabel('Комментарий', { exact: true }).last()
  await comment.fill('Посмотрите на порог слева')
  await head.getByRole('button', { name: 'Добавить комментарий' }).click()
  await head.getByText('Посмотрите на порог слева').waitFor()
  arrive()
  await first.getByText('Запись изменил кто-то другой').first().waitFor()
})

it('the token is neither in the address, nor in storage, nor in the page', async () => {
  const page = await signIn('manager')
  let token = ''
  page.on('request', (request) => {
    token ||= request.headers().authorization?.replace('Bearer ', '') ?? ''
  })
  await page.goto('/tasks')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await expect.poll(() => token.length).toBeGreaterThan(20)
  const kept = await page.evaluate(() =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      location.href,
      document.documentElement.outerHTML,
      document.cookie,
    ]),
  )
  expect(kept).not.toContain(token)
})
