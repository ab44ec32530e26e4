// Who did what is looked for by those who may, and a run's evidence is taken and is on record.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

import { accessible, complaints, fits, runPath, signIn, withBrowser } from './lib/browser'
import { world } from './lib/world'

withBrowser()

it('gives the evidence of a run as one archive, and the audit says who took it', async () => {
  const { id, deal } = world.deals.offered!
  const head = await signIn('head', { path: runPath(id) })
  await head.getByRole('button', { name: 'Выгрузить доказательства' }).click()
  const [taken] = await Promise.all([
    head.waitForEvent('download'),
    head.getByRole('dialog').getByRole('button', { name: 'Выгрузить доказательства' }).click(),
  ])
  expect(taken.suggestedFilename()).toMatch(/\.tar$/)
  const archive = readFileSync(await taken.path())
  // A tar archive says so in its first header.
  expect(archive.subarray(257, 262).toString()).toBe('ustar')
  expect(archive.includes(String(deal))).toBe(true)

  const ops = await signIn('ops', { path: '/ops?tab=journal' })
  await ops.getByLabel('Действие').fill('evidence')
  const row = ops.locator('tr[data-action="evidence.export"]').first()
  await row.getByText('u-head').waitFor()
  await ops.getByLabel('Номер дела').fill('buyout:nobody:1')
  await ops.locator('[data-empty=filtered]').waitFor()
  await ops.getByRole('button', { name: 'Сбросить' }).click()
  await ops.locator('tbody tr').nth(1).waitFor()
  await fits(ops, 'the audit')
  await accessible(ops, 'the audit')
  expect([...complaints.get(head)!, ...complaints.get(ops)!]).toEqual([])
})

it('is not offered to those who may not', async () => {
  const manager = await signIn('manager', { path: runPath(world.deals.offered!.id) })
  await manager.getByRole('region', { name: 'Сейчас ждём' }).waitFor()
  expect(await manager.getByRole('button', { name: 'Выгрузить доказательства' }).count()).toBe(0)
  await manager.goto('/ops?tab=journal')
  await manager.locator('[data-empty=forbidden]').waitFor()
})
