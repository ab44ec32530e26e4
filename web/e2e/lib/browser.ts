// One browser for a file of tests, a context per person.

import { AxeBuilder } from '@axe-core/playwright'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

import { world } from './world'

export const DESKTOP = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

let browser: Browser | undefined

function executable(): string {
  const found = [process.env.KITE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path && existsSync(path),
  )
  if (!found) throw new Error('Chromium is not installed; dev/tools/packages.sh installs it on Debian')
  return found
}

/** Call once per file, outside of tests. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executable(),
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  })
  // What each person saw when a test failed, in e2e/failed.
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    const name = task.name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60)
    for (const [index, page] of pages.entries()) {
      if (page.isClosed()) continue
      const path = new URL(`../failed/${name}-${index}.png`, import.meta.url).pathname
      await page.screenshot({ path }).catch(() => undefined)
    }
  })
  afterAll(async () => {
    await browser?.close()
  })
}

export interface Look {
  viewport?: { width: number; height: number }
  scheme?: 'light' | 'dark'
}

/** A fresh profile. Errors of the page itself fail the test that looks at them. */
export async function context({ viewport = DESKTOP, scheme = 'light' }: Look = {}): Promise<BrowserContext> {
  if (!browser) throw new Error('call withBrowser() first')
  const made = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport,
    colorScheme: scheme,
    locale: 'ru-RU',
    timezoneId: 'Europe/Moscow',
    baseURL: world.url,
    hasTouch: viewport.width < 600,
  })
  made.setDefaultTimeout(30_000)
  return made
}

/** What the pages complained about: refused by the policy of the page, thrown, failed to load. */
export const complaints = new WeakMap<Page, string[]>()

const pages: Page[] = []

export async function newPage(from: BrowserContext): Promise<Page> {
  const page = await from.newPage()
  pages.push(page)
  const heard: string[] = []
  complaints.set(page, heard)
  page.on('pageerror', (error) => heard.push(`thrown: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text())) {
      heard.push(message.text())
    }
  })
  return page
}

/** Signs in by the form, as a person does. */
export async function signIn(login: string, look: Look & { path?: string } = {}): Promise<Page> {
  const page = await newPage(await context(look))
  await page.goto(look.path ?? '/')
  await page.getByLabel('Логин').fill(login)
  await page.getByLabel('Пароль').fill(world.password)
  await page.getByRole('button', { name: 'Войти', exact: true }).click()
  await page.getByRole('navigation').waitFor({ state: 'attached' })
  return page
}

/** Address of a screen of a task or run; ids have colons and a slash of their own. */
export const taskPath = (id: string) => `/tasks/${id}`
export const runPath = (id: string, tab = '') =>
  `/buyouts/${encodeURIComponent(id)}${tab ? `?tab=${tab}` : ''}`

/** Nothing serious for people who use the keyboard or a screen reader. */
export async function accessible(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze()
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
  expect(serious, `axe on ${name}`).toEqual([])
}

/** The page does not scroll sideways: everything fits its width. */
export async function fits(page: Page, name: string): Promise<void> {
  const [content, width] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ])
  expect(content, `${name} is wider than the screen`).toBeLessThanOrEqual(width! + 1)
}
