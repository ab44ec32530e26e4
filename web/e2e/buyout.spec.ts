// A buyout carried wholly by hand, each role in its own browser, from the robot's call to the closed deal.

import { expect, it } from 'vitest'

import { complaints, fits, PHONE, runPath, signIn, withBrowser } from './lib/browser'
import { deal as newDeal, dealStage, effects, eventually, robotCalls, treasuryDecides } from './lib/portal'
import {
  appraise,
  approvePrice,
  clientAccepts,
  collectPapers,
  confirmPayment,
  inspect,
  inspectorOf,
  signContract,
  treasuryNumber,
  verifyPapers,
} from './lib/steps'
import { world } from './lib/world'

withBrowser()

it('from the robot of the portal to the car in 1C', async () => {
  const started = await newDeal('clean')
  const deal = { ...started, id: `buyout:${world.member}:${started.deal}` }
  await robotCalls(deal)

  // The head watches the run's page all along; nobody reloads it.
  const head = await signIn('head')
  await head.goto('/buyouts')
  await head.getByText(deal.car.identifier).first().waitFor({ timeout: 60_000 })
  const inspectorLogin = await eventually('an inspector', async () => {
    const found = await inspectorOf(head, deal.id).catch(() => undefined)
    return found
  })
  const stage = (title: string) =>
    head.locator('main').getByText(title, { exact: true }).first().waitFor({ timeout: 60_000 })
  await stage('Осмотр')

  const inspector = await signIn(inspectorLogin, { viewport: PHONE })
  await inspect(inspector, deal)
  await fits(inspector, 'the inspector’s page')
  // An inspector never sees a price.
  await inspector.goto(runPath(deal.id, 'price'))
  await inspector.getByText('У вашей роли нет доступа к цене.').waitFor()

  const appraiser = await signIn('appraiser')
  await stage('Оценка')
  await appraise(appraiser, deal, ['560000', '440000', '470000'])

  const senior = await signIn('senior')
  await stage('Согласование цены')
  await approvePrice(senior, deal)

  const manager = await signIn('manager')
  await stage('Предложение клиенту')
  await clientAccepts(manager, deal)
  await stage('Документы')
  await collectPapers(manager, deal)

  const verifier = await signIn('verifier')
  await verifyPapers(verifier, deal)
  await stage('Подписание')
  await signContract(manager, deal)

  const approver = await signIn('approver')
  await stage('Согласование оплаты')
  await treasuryDecides(await treasuryNumber(approver, deal), 'approve', 'approver')

  await stage('Подтверждение выплаты')
  await confirmPayment(verifier, deal)
  await stage('Выкуплен')
  await head
    .getByText(/Робот|робот/)
    .first()
    .waitFor()

  // Outside: the deal is won, the money left once, the receipt is posted.
  await eventually('the deal is won', async () => ((await dealStage(deal)) === 'C9:WON' ? true : undefined))
  const payouts = (await effects('yookassa')).filter(({ operation }) => operation === 'create_payout')
  expect(payouts).toHaveLength(1)
  for (const page of [head, inspector, appraiser, senior, manager, verifier, approver]) {
    expect(complaints.get(page), page.url()).toEqual([])
  }
})
