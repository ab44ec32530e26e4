// Every screen, desktop and phone, light and dark: it fits, it is accessible, it breaks no rule of the page.
// With KITE_SCREENS set, the pictures are kept in docs/screens.

import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import {
  accessible,
  complaints,
  context,
  DESKTOP,
  fits,
  newPage,
  PHONE,
  runPath,
  signIn,
  withBrowser,
} from './lib/browser'
import { link } from './lib/portal'
import { inspectorOf, openTask } from './lib/steps'
import { world } from './lib/world'

withBrowser()

const id = (name: string) => world.deals[name]?.id ?? ''
const identifier = (name: string) => world.deals[name]?.car.identifier ?? ''

interface Screen {
  name: string
  /** Whose screen it is; nobody signs in where it is empty. */
  login: string
  /** Goes there and waits until it shows what it is for. */
  show: (page: Page) => Promise<void>
  /** People use it at a desk only. */
  deskOnly?: boolean
}

/** Whoever was sent to the car of the deal that is being inspected. */
const INSPECTOR = 'inspector of the deal'

const at = (path: string, text?: string | RegExp) => async (page: Page) => {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  if (text) await page.locator('main').getByText(text).first().waitFor()
}

const task = (deal: string, title: string) => (page: Page) => openTask(page, id(deal), title)

/** A page for the client, opened from the message on the phone. */
const client = (deal: string, messages: number) => async (page: Page) => {
  await page.goto(await link(world.deals[deal]!.car.phone, messages))
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** The tab in the deal's card, as the manager of the portal sees it. */
const tab = (deal: string) => async (page: Page) => {
  await page.goto(`${world.portal}/crm/deal/details/${world.deals[deal]!.deal}/?user=16`)
  await page.frameLocator('iframe').first().getByRole('heading', { level: 1 }).waitFor()
}

const SCREENS: Screen[] = [
  {
    name: 'sign-in',
    login: '',
    show: (page) => page.goto('/').then(() => page.getByLabel('Логин').waitFor()),
  },
  { name: 'client-offer', login: '', show: client('offered', 1) },
  { name: 'client-signing', login: '', show: client('verified', 2) },
  { name: 'portal-tab', login: '', show: tab('offered') },
  { name: 'home-appraiser', login: 'appraiser', show: at('/') },
  { name: 'home-head', login: 'head', show: at('/') },
  { name: 'home-ops', login: 'ops', show: at('/') },
  { name: 'tasks', login: 'head', show: at('/tasks') },
  { name: 'buyouts', login: 'head', show: at('/buyouts?ended=too') },
  { name: 'board', login: 'head', show: at('/board') },
  { name: 'reports', login: 'head', show: at('/reports') },
  { name: 'dispatch', login: 'dispatcher', show: at('/dispatch', identifier('unassigned')) },
  { name: 'run-timeline', login: 'head', show: (page) => at(runPath(id('paid')))(page) },
  { name: 'run-inspection', login: 'head', show: (page) => at(runPath(id('paid'), 'inspection'))(page) },
  { name: 'run-checks', login: 'head', show: (page) => at(runPath(id('paid'), 'checks'))(page) },
  { name: 'run-price', login: 'head', show: (page) => at(runPath(id('paid'), 'price'))(page) },
  { name: 'run-papers', login: 'head', show: (page) => at(runPath(id('paid'), 'papers'))(page) },
  { name: 'run-payment', login: 'head', show: (page) => at(runPath(id('paid'), 'payment'))(page) },
  { name: 'run-chat', login: 'head', show: (page) => at(runPath(id('paid'), 'chat'))(page) },
  { name: 'run-tasks', login: 'head', show: (page) => at(runPath(id('paid'), 'tasks'))(page) },
  {
    name: 'run-why',
    login: 'ops',
    show: async (page) => {
      await at(runPath(id('silent')))(page)
      await page.getByRole('button', { name: 'Почему стоит?' }).click()
      await page.getByRole('link', { name: 'Подробно' }).waitFor()
    },
  },
  {
    name: 'run-engine',
    login: 'ops',
    show: (page) => at(runPath(id('offered'), 'engine'), 'Что можно сделать')(page),
  },
  { name: 'task-mismatch', login: 'security', show: task('mismatch', 'Разобрать расхождение номеров') },
  { name: 'task-sources', login: 'head', show: task('silent', 'Источники не ответили') },
  { name: 'task-removal', login: 'manager', show: task('banned', 'Клиент снимает запрет') },
  { name: 'task-appraise', login: 'appraiser', show: task('inspected', 'Оценить автомобиль') },
  { name: 'task-approve-price', login: 'senior', show: task('priced', 'Согласовать цену') },
  { name: 'task-offer', login: 'manager', show: task('offered', 'Предложить цену клиенту') },
  { name: 'task-bargain', login: 'manager', show: task('countered', 'Ответить на встречную цену') },
  { name: 'task-collect', login: 'manager', show: task('accepted', 'Собрать документы') },
  { name: 'task-verify', login: 'verifier', show: task('papers', 'Проверить документы') },
  { name: 'task-sign', login: 'manager', show: task('verified', 'Подписать договор и акт') },
  {
    name: 'task-approve-payment',
    login: 'approver',
    show: task('signed', 'Согласовать заявку на оплату в 1С'),
  },
  { name: 'task-confirm-payment', login: 'verifier', show: task('paying', 'Подтвердить выплату') },
  {
    name: 'task-inspect',
    login: INSPECTOR,
    show: task('started', 'Осмотреть автомобиль'),
  },
  { name: 'notifications', login: 'head', show: at('/notifications') },
  { name: 'profile', login: 'manager', show: at('/profile') },
  { name: 'ops-runs', login: 'ops', show: at('/ops') },
  { name: 'ops-partners', login: 'ops', show: at('/ops?tab=partners', 'Автотека') },
  { name: 'ops-inbox', login: 'ops', show: at('/ops?tab=inbox') },
  { name: 'ops-unmatched', login: 'ops', show: at('/ops?tab=unmatched') },
  {
    name: 'ops-retry',
    login: 'ops',
    show: async (page) => {
      await at('/ops?tab=retry')(page)
      await page.getByRole('button', { name: 'Проверить' }).click()
      await page
        .getByText(/Будет повторено|Повторять нечего/)
        .first()
        .waitFor()
    },
  },
  { name: 'ops-findings', login: 'ops', show: at('/ops?tab=findings', 'Запустить сейчас') },
  { name: 'ops-journal', login: 'ops', show: at('/ops?tab=journal', 'Выгрузить журнал') },
  { name: 'staff', login: 'admin', show: at('/admin/staff', 'Ольга Крылова') },
  { name: 'policies', login: 'admin', show: at('/admin/policies') },
  { name: 'templates', login: 'admin', show: at('/admin/templates') },
]

const keep = process.env.KITE_SCREENS
const folder = new URL('../../docs/screens/', import.meta.url).pathname

const LOOKS = [
  // Between them each screen is seen light and dark, wide and narrow.
  ['desktop', DESKTOP, 'light'],
  ['phone', PHONE, 'dark'],
  // The other two are taken for the pictures.
  ...(process.env.KITE_SCREENS
    ? ([
        ['desktop', DESKTOP, 'dark'],
        ['phone', PHONE, 'light'],
      ] as const)
    : []),
] as const

type LookOf = (typeof LOOKS)[number]

/** Who is signed in, for each look. */
const people = new Map<string, Promise<Page>>()

async function arrive(login: string, look: LookOf): Promise<Page> {
  const [, viewport, scheme] = look
  if (login === '') return newPage(await context({ viewport, scheme }))
  if (login !== INSPECTOR) return signIn(login, { viewport, scheme })
  return signIn(await inspectorOf(await pageOf('head', look), id('started')), { viewport, scheme })
}

function pageOf(login: string, look: LookOf): Promise<Page> {
  const key = `${login} ${look[0]} ${look[2]}`
  const known = people.get(key) ?? arrive(login, look)
  people.set(key, known)
  return known
}

async function see({ name, login, show }: Screen, look: LookOf): Promise<void> {
  const [device, , scheme] = look
  const shown = await pageOf(login, look)
  await show(shown)
  // Nothing is loading any more; the stream of changes never ends, so the network is never idle.
  await expect
    .poll(() => shown.locator('[aria-busy=true], .mantine-Loader-root, .mantine-Skeleton-root').count())
    .toBe(0)
  const title = `${name}, ${device}, ${scheme}`
  await fits(shown, title)
  await accessible(shown, title)
  expect(complaints.get(shown), title).toEqual([])
  if (keep) {
    mkdirSync(folder, { recursive: true })
    await shown.screenshot({ path: `${folder}${name}-${device}-${scheme}.png`, fullPage: false })
  }
}

describe('every screen', () => {
  // All looks at once: each is a browser window of its own.
  it.each(SCREENS)('$name', async (screen) => {
    const looks = LOOKS.filter(([device]) => !(screen.deskOnly && device === 'phone'))
    await Promise.all(looks.map((look) => see(screen, look)))
  })
})
