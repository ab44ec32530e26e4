// What each role does in the browser. Every step is done by the controls that a person would use.

import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

import { runPath } from './browser'
import { photoFile } from './photos'
import type { Deal } from './world'

export type GivenFile = ReturnType<typeof photoFile>

const NAMES: Record<string, string> = { 'Игорь Ветров': 'inspector', 'Лев Морозов': 'inspector2' }

/** The login of the inspector whom the run was given to, as its page says. */
export async function inspectorOf(page: Page, id: string): Promise<string> {
  await page.goto(runPath(id))
  const name = page.getByText(/^(Игорь Ветров|Лев Морозов)$/).first()
  return NAMES[(await name.innerText()).trim()] ?? 'inspector'
}

/** Opens the open task of a run with that title from the run's own page. */
export async function openTask(page: Page, id: string, title: string): Promise<void> {
  await page.goto(runPath(id))
  const waiting = page.getByRole('region', { name: 'Сейчас ждём' })
  await waiting.getByText(title, { exact: false }).first().waitFor({ timeout: 30_000 })
  await waiting.getByRole('link', { name: 'Открыть' }).first().click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

export async function claim(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Взять в работу' }).click()
  await page.getByRole('button', { name: 'Вернуть в очередь' }).waitFor()
}

/** The block of a file field, by its label. */
function drop(page: Page, label: string): Locator {
  return page.locator('.mantine-InputWrapper-root').filter({
    has: page.locator('.mantine-InputWrapper-label', { hasText: new RegExp(`^${label}( \\*)?$`) }),
  })
}

/** Gives a file to a field and waits until it has arrived. */
export async function attach(
  page: Page,
  label: string,
  name: string,
  file: GivenFile = photoFile(name),
): Promise<void> {
  const field = drop(page, label)
  await field.locator('input[type=file]').last().setInputFiles(file)
  // A file that is still on its way has a small picture too, but nothing to be removed yet.
  await field
    .getByRole('button', { name: /^Убрать файл/ })
    .first()
    .waitFor({ timeout: 30_000 })
}

/** The confirmation that is asked for. */
export async function confirm(page: Page, button: string | RegExp): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: button }).click()
  await dialog.waitFor({ state: 'detached' })
}

const ANGLES = [
  'Спереди слева',
  'Спереди справа',
  'Сзади слева',
  'Сзади справа',
  'Табличка VIN',
  'Одометр',
  'Салон',
  'Подкапотное пространство',
]

/** The inspector on the phone: on the way, on site, one form, handed in. */
export async function inspect(page: Page, { id, car }: Deal): Promise<void> {
  await openTask(page, id, 'Осмотреть автомобиль')
  await page.getByRole('button', { name: 'Выехал' }).click()
  await page
    .getByText(/осмотрщик выехал/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'На месте' }).click()
  await page
    .getByText(/осмотрщик на месте/)
    .first()
    .waitFor()
  const place = car.frame ? 'номер рамы' : 'VIN на кузове'
  await page.getByLabel(place, { exact: true }).fill(car.identifier)
  await page.getByLabel('СТС', { exact: true }).fill(car.identifier)
  await page.getByLabel('Пробег по одометру, км').fill(String(car.mileageKm))
  for (const angle of ANGLES) {
    if ((await drop(page, angle).count()) > 0) await attach(page, angle, angle)
  }
  for (const field of await page.locator('input[data-paint]').all()) await field.fill('118')
  await page
    .getByLabel('Что важно знать оценщику')
    .fill('Машина чистая, второй комплект резины в багажнике. 🚗')
  await page.getByRole('button', { name: 'Сдать осмотр' }).click()
  await page.waitForURL((url) => url.pathname === '/tasks', { timeout: 60_000 })
}

/** The appraiser takes the next task and prices the car. */
export async function appraise(page: Page, { id }: Deal, prices: [string, string, string]): Promise<void> {
  await openTask(page, id, 'Оценить автомобиль')
  await claim(page)
  const [forecast, buyout, stop] = prices
  await page
    .getByRole('radio', { name: /розница/i })
    .first()
    .check()
  await page.getByLabel('Прогнозная цена').fill(forecast)
  await page.getByLabel('Цена выкупа').fill(buyout)
  await page.getByLabel('Предельная цена').fill(stop)
  await page
    .getByText(/Категория\s*[:—]?\s*A|категория A/i)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Отправить оценку' }).click()
  await confirm(page, 'Отправить оценку')
  await page.waitForURL((url) => url.pathname === '/tasks')
}

export async function approvePrice(page: Page, { id }: Deal): Promise<void> {
  await openTask(page, id, 'Согласовать цену')
  await page.getByRole('button', { name: 'Согласовать', exact: true }).click()
  await confirm(page, 'Согласовать')
  await page.waitForURL((url) => url.pathname === '/tasks')
}

/** The manager records what the client said on the phone. */
export async function clientAccepts(page: Page, { id }: Deal): Promise<void> {
  await openTask(page, id, 'Предложить цену клиенту')
  await page.getByRole('radio', { name: 'Согласен' }).check()
  await page.getByRole('button', { name: 'Записать', exact: true }).click()
  await confirm(page, 'Записать согласие')
  await page.waitForURL((url) => url.pathname === '/tasks')
}

export async function collectPapers(page: Page, { id, car }: Deal, passport?: GivenFile): Promise<void> {
  await openTask(page, id, 'Собрать документы')
  for (const paper of ['паспорт продавца', 'ПТС/ЭПТС', 'СТС', 'согласие на обработку персональных данных']) {
    await attach(page, paper, paper, paper === 'паспорт продавца' ? passport : undefined)
  }
  const fields: [string, string][] = [
    ['ФИО продавца', car.owner],
    ['Дата рождения', car.birthdate],
    ['Серия паспорта', car.passportSeries],
    ['Номер паспорта', car.passportNumber],
    ['Кем выдан', 'ОВД Октябрьского района'],
    ['Когда выдан', '2015-04-20'],
    ['Адрес регистрации', 'Мурманск, улица Полярные Зори, 1, кв. 1'],
    ['Собственник по ПТС', car.owner],
    ['Номер ПТС / ЭПТС', '164301000000001'],
    ['Дата выдачи', '2021-06-01'],
    ['Цвет', 'белый'],
    ['Серия и номер СТС', '9900000001'],
    ['Сколько ключей', '2'],
    ['Телефон в банке', car.phone],
  ]
  for (const [label, value] of fields) {
    await page.getByLabel(new RegExp(`^${label}( \\*)?$`)).fill(value)
  }
  const bank = page.getByLabel('Банк', { exact: true }).first()
  await bank.fill('Сбербанк')
  await bank.press('Tab')
  await page.getByRole('button', { name: 'Передать верификатору' }).click()
  await page.waitForURL((url) => url.pathname === '/tasks')
}

/** The verifier looks at each paper beside its fields and accepts it. */
export async function verifyPapers(page: Page, { id }: Deal): Promise<void> {
  await openTask(page, id, 'Проверить документы')
  for (const paper of ['паспорт продавца', 'ПТС/ЭПТС', 'СТС', 'согласие на обработку персональных данных']) {
    await page.getByRole('tab', { name: paper }).first().click()
    await page.getByRole('button', { name: 'Все поля верны' }).click()
  }
  await page.getByRole('button', { name: 'Отправить решение' }).click()
  await confirm(page, 'Отправить решение')
  await page.waitForURL((url) => url.pathname === '/tasks')
}

export async function signContract(page: Page, { id }: Deal): Promise<void> {
  await openTask(page, id, 'Подписать договор и акт')
  await attach(page, 'Скан подписанного договора', 'договор')
  await attach(page, 'Скан подписанного акта', 'акт')
  await page.getByRole('button', { name: 'Документы подписаны' }).click()
  await confirm(page, 'Документы подписаны')
  await page.waitForURL((url) => url.pathname === '/tasks')
}

/** Number of the payment request in 1C, as the approver's page shows it. */
export async function treasuryNumber(page: Page, { id }: Deal): Promise<string> {
  await openTask(page, id, 'Согласовать заявку на оплату в 1С')
  const text = await page.getByText(/^Заявка .+ согласуется в 1С/).innerText()
  const number = /^Заявка (.+) согласуется/.exec(text)?.[1] ?? ''
  expect(number).not.toBe('')
  return number
}

export async function confirmPayment(page: Page, { id }: Deal): Promise<void> {
  await openTask(page, id, 'Подтвердить выплату')
  await page.locator('[data-payment-state=PAID]').waitFor()
  await page.getByRole('button', { name: 'Подтвердить выплату' }).click()
  await confirm(page, 'Подтвердить выплату')
  await page.waitForURL((url) => url.pathname === '/tasks')
}
