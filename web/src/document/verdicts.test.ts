import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { BuyoutSchema, DocumentSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { FIELDS_OF, missing, papersDraft, papersMessage, PAPERS, valid } from './papers'
import { fate, NO_WORDS, verdicts } from './verdicts'

const right = (kind: (typeof PAPERS)[number]) => FIELDS_OF[kind].map(({ path }) => path)

describe('verdicts', () => {
  it('accept a paper only when every field was found right', () => {
    expect(fate('PASSPORT', NO_WORDS.PASSPORT)).toBe('undecided')
    const word = { right: right('PASSPORT'), remarks: {}, remark: '' }
    expect(fate('PASSPORT', word)).toBe('accepted')
    expect(fate('PASSPORT', { ...word, right: word.right.slice(1) })).toBe('undecided')
    expect(fate('PASSPORT', { ...word, remarks: { passport_series: 'не та' } })).toBe('returned')
    expect(fate('PASSPORT', { ...word, remarks: { passport_series: '  ' } })).toBe('accepted')
  })

  it('tell the manager which field is wrong', () => {
    const words = {
      ...NO_WORDS,
      PASSPORT: { right: [], remarks: { passport_series: 'не совпадает' }, remark: 'Переснимите' },
      VEHICLE_PASSPORT: { right: right('VEHICLE_PASSPORT'), remarks: {}, remark: '' },
    }
    const sent = verdicts(words, (path) => path.toUpperCase())
    expect(sent[0]).toEqual({
      kind: 'PASSPORT',
      accepted: false,
      remark: 'Переснимите; PASSPORT_SERIES: не совпадает',
    })
    expect(sent[1]).toEqual({ kind: 'VEHICLE_PASSPORT', accepted: true, remark: '' })
  })
})

describe('papers', () => {
  const buyout = create(BuyoutSchema, { client: { name: 'Семёнов Пётр' } })

  it('begin with what the deal says and name what is missing', () => {
    const draft = papersDraft(buyout)
    expect(draft.fields.sellerFullName).toBe('Семёнов Пётр')
    expect(draft.requisites.recipientName).toBe('Семёнов Пётр')
    const gaps = missing(draft)
    expect(gaps.papers).toEqual([...PAPERS])
    expect(gaps.fields).toContain('passport_series')
    expect(gaps.fields).not.toContain('engine_number')
  })

  it('send numbers as numbers', () => {
    const draft = papersDraft(buyout)
    draft.fields.keys = '2'
    draft.fields.powerHp = 'много'
    draft.files.PASSPORT = ['f1']
    const message = papersMessage(draft)
    expect(message.fields).toMatchObject({ keys: 2, powerHp: 0 })
    expect(message.papers?.[0]).toMatchObject({ kind: 'PASSPORT', fileIds: ['f1'] })
  })
})

describe('documents to sign', () => {
  it('are the newest ones that stand', () => {
    const made = (kind: string, version: number, rest: object = {}) =>
      create(DocumentSchema, { kind, version, number: `${kind}-${version}`, file: { id: kind }, ...rest })
    const documents = [
      made('CONTRACT', 1, { void: true }),
      made('CONTRACT', 2),
      made('ACT', 1),
      made('CONTRACT', 3, { file: undefined }),
    ]
    expect(valid(documents).map(({ number }) => number)).toEqual(['CONTRACT-2', 'ACT-1'])
    expect(valid([])).toEqual([])
  })
})
