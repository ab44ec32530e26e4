// Sign-in with the company's own account: code with PKCE, and nothing of the issuer stays in the browser.

import { expect, it } from 'vitest'

import { complaints, context, newPage, withBrowser } from './lib/browser'

withBrowser()

it('goes to the issuer and comes back to where the person wanted to go', async () => {
  const page = await newPage(await context())
  const calls: string[] = []
  page.on('request', (request) => calls.push(request.url()))
  await page.goto('/tasks?owner=free')
  await page.getByRole('button', { name: /127\.0\.0\.1/ }).click()
  await page.getByLabel('Учётная запись').fill('u-ops')
  await page.getByRole('button', { name: 'Продолжить' }).click()
  await page.getByRole('navigation').waitFor({ state: 'attached' })
  await page.waitForURL((url) => url.pathname === '/tasks')
  expect(page.url()).not.toMatch(/code=|state=/)
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  )
  expect(kept).not.toMatch(/access_token|id_token|eyJ/)
  // The session is the gateway's own: a reload needs the issuer no more.
  calls.length = 0
  await page.reload()
  await page.getByRole('navigation').waitFor({ state: 'attached' })
  expect(calls.filter((url) => url.includes('/token') || url.includes('/authorize'))).toEqual([])
  expect(complaints.get(page)).toEqual([])
})

it('says whom to ask when the directory does not know the person', async () => {
  const page = await newPage(await context())
  await page.goto('/')
  await page.getByRole('button', { name: /127\.0\.0\.1/ }).click()
  await page.getByLabel('Учётная запись').fill('u-nobody')
  await page.getByRole('button', { name: 'Продолжить' }).click()
  await page.waitForURL((url) => url.pathname === '/sign-in/callback')
  await page
    .getByText(/администратор/i)
    .first()
    .waitFor()
  await page.getByRole('button').first().click()
  await page.getByLabel('Логин').waitFor()
})
