import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { PolicySchema } from '@/gen/kite/policy/v1/policy_pb'
import { policyDraft, policyMessage, wrongNumbers } from './draft'

const known = create(PolicySchema, {
  city: 'Мурманск',
  version: 4,
  limits: {
    priceWithoutApproval: { kopecks: 150_000_000n },
    sbpMax: { kopecks: 50_000_000n },
    marketDeviationBp: 1250,
    checkFreshnessSecs: 86_400n,
    bargainRounds: 3,
    paperRounds: 2,
    photoKm: 5,
  },
  deadlines: [
    { name: 'inspect_secs', title: 'Осмотр', secs: 14_400n, workingTime: true },
    { name: 'poll_secs', title: 'Пауза', secs: 7n },
  ],
  site: { id: 'm1', city: 'Мурманск', name: 'Площадка', address: 'Улица, 1' },
  dayStartsMin: 540,
  dayEndsMin: 1110,
  timeZone: 'Europe/Moscow',
})

describe('a policy', () => {
  it('comes back as it was when nothing was touched', () => {
    const message = policyMessage(policyDraft(known), known)
    expect(message.version).toBe(4)
    expect(message.limits).toMatchObject({ marketDeviationBp: 1250, checkFreshnessSecs: 86_400n })
    expect(message.deadlines).toEqual([
      { name: 'inspect_secs', secs: 14_400n },
      // 7 seconds are 0 hours on the screen, and stay 7 seconds.
      { name: 'poll_secs', secs: 7n },
    ])
    expect(message).toMatchObject({ dayStartsMin: 540, dayEndsMin: 1110 })
  })

  it('takes hours and percent as people write them', () => {
    const draft = policyDraft(known)
    expect([draft.deviation, draft.freshness, draft.dayEnds]).toEqual(['12,5', '24', '18:30'])
    draft.deadlines.inspect_secs = '1,5'
    draft.deviation = '10'
    const message = policyMessage(draft, known)
    expect(message.deadlines?.[0]).toMatchObject({ secs: 5400n })
    expect(message.limits?.marketDeviationBp).toBe(1000)
  })

  it('of a new city begins with its first version', () => {
    const message = policyMessage(policyDraft(known, 'Псков'), known)
    expect(message).toMatchObject({ city: 'Псков', version: 0, site: { city: 'Псков' } })
  })

  it('names fields that hold no number', () => {
    const draft = policyDraft(known)
    draft.bargainRounds = 'три'
    draft.deadlines.inspect_secs = ''
    expect(wrongNumbers(draft)).toEqual(['bargainRounds', 'inspect_secs'])
  })
})
