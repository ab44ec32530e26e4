// Every screen, desktop and phone, light and dark: it fits, it is accessible, it breaks no rule of the page.
// With KITE_SCREENS set, the pictures are kept in docs/screens.

import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { accessible, complaints, DESKTOP, fits, PHONE, runPath, signIn, withBrowser } from './lib/browser'
import { openTask } from './lib/steps'
import { world } from './lib/world'

withBrowser()

const id = (name: string) => world.deals[name]?.id ?? ''

interface Screen {
  name: string
  login: string
  /** Goes there and waits until it shows what it is for. */
  show: (page: Page) => Promise<void>
  /** People use it at a desk only. */
  deskOnly?: boolean
}

const at = (path: string, text?: string | RegExp) => async (page: Page) => {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  if (text) await page.locator('main').getByText(text).first().waitFor()
}

const task = (deal: string, title: string) => (page: Page) => openTask(page, id(deal), title)

const SCREENS: Screen[] = [
  { name: 'home-appraiser', login: 'appraiser', show: at('/') },
  { name: 'home-head', login: 'head', show: at('/') },
  { name: 'home-ops', login: 'ops', show: at('/') },
  { name: 'tasks', login: 'head', show: at('/tasks') },
  { name: 'buyouts', login: 'head', show: at('/buyouts?ended=too') },
  { name: 'board', login: 'head', show: at('/board') },
  { name: 'reports', login: 'head', show: at('/reports') },
  { name: 'dispatch', login: 'dispatcher', show: at('/dispatch') },
  { name: 'run-timeline', login: 'head', show: (page) => at(runPath(id('paid')))(page) },
  { name: 'run-inspection', login: 'head', show: (page) => at(runPath(id('paid'), 'inspection'))(page) },
  { name: 'run-checks', login: 'head', show: (page) => at(runPath(id('paid'), 'checks'))(page) },
  { name: 'run-price', login: 'head', show: (page) => at(runPath(id('paid'), 'price'))(page) },
  { name: 'run-papers', login: 'head', show: (page) => at(runPath(id('paid'), 'papers'))(page) },
  { name: 'run-payment', login: 'head', show: (page) => at(runPath(id('paid'), 'payment'))(page) },
  { name: 'run-chat', login: 'head', show: (page) => at(runPath(id('paid'), 'chat'))(page) },
  { name: 'run-tasks', login: 'head', show: (page) => at(runPath(id('paid'), 'tasks'))(page) },
  { name: 'run-engine', login: 'ops', show: (page) => at(runPath(id('offered'), 'engine'))(page) },
  { name: 'task-appraise', login: 'appraiser', show: task('inspected', 'Оценить автомобиль') },
  { name: 'task-offer', login: 'manager', show: task('offered', 'Предложить цену клиенту') },
  { name: 'task-verify', login: 'verifier', show: task('papers', 'Проверить документы') },
  { name: 'task-inspect', login: 'head', show: task('started', 'Осмотреть автомобиль') },
  { name: 'notifications', login: 'head', show: at('/notifications') },
  { name: 'profile', login: 'manager', show: at('/profile') },
  { name: 'ops-runs', login: 'ops', show: at('/ops') },
  { name: 'ops-partners', login: 'ops', show: at('/ops?tab=partners', 'Автотека') },
  { name: 'ops-inbox', login: 'ops', show: at('/ops?tab=inbox') },
  { name: 'ops-unmatched', login: 'ops', show: at('/ops?tab=unmatched') },
  { name: 'staff', login: 'admin', show: at('/admin/staff', 'Ольга Крылова') },
  { name: 'policies', login: 'admin', show: at('/admin/policies') },
  { name: 'templates', login: 'admin', show: at('/admin/templates') },
]

const keep = process.env.KITE_SCREENS
const folder = new URL('../../docs/screens/', import.meta.url).pathname

const LOOKS = [
  ['desktop', DESKTOP, 'light'],
  ['desktop', DESKTOP, 'dark'],
  ['phone', PHONE, 'light'],
  // The dark phone differs from the dark desktop in nothing that the other two do not show.
  ...(process.env.KITE_SCREENS ? ([['phone', PHONE, 'dark']] as const) : []),
] as const

describe.each(LOOKS)('%s %o %s', (device, viewport, scheme) => {
  const people = new Map<string, Promise<Page>>()
  const page = (login: string) => {
    const known = people.get(login) ?? signIn(login, { viewport, scheme })
    people.set(login, known)
    return known
  }

  it.each(SCREENS)('$name', async ({ name, login, show, deskOnly }) => {
    if (deskOnly && device === 'phone') return
    const shown = await page(login)
    await show(shown)
    await shown.waitForLoadState('networkidle').catch(() => undefined)
    const title = `${name}, ${device}, ${scheme}`
    await fits(shown, title)
    await accessible(shown, title)
    expect(complaints.get(shown), title).toEqual([])
    if (keep) {
      mkdirSync(folder, { recursive: true })
      await shown.screenshot({ path: `${folder}${name}-${device}-${scheme}.png`, fullPage: false })
    }
  })
})
