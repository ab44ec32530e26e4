import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Code, ConnectError } from '@connectrpc/connect'
import { describe, expect, it } from 'vitest'

import { byField, isNetwork, problem } from './errors'

function text(writer: BinaryWriter, field: number, value: string): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).string(value)
}

/** google.rpc.BadRequest with two violations, as the gateway writes it. */
function badRequest(): Uint8Array {
  const writer = new BinaryWriter()
  for (const [field, sentence] of [
    ['appraisal.stop_price', 'Предельная цена меньше цены выкупа.'],
    ['appraisal.stop_price', 'Укажите цену.'],
  ] as const) {
    const inner = text(text(new BinaryWriter(), 1, field), 2, sentence).finish()
    writer.tag(1, WireType.LengthDelimited).bytes(inner)
  }
  return writer.finish()
}

describe('a failed call', () => {
  it('keeps the sentence, the reason and the fields of the server', () => {
    const error = new ConnectError('Запись изменили.', Code.Aborted, { 'x-request-id': 'r-1' })
    error.details = [
      { type: 'google.rpc.BadRequest', value: badRequest() },
      {
        type: 'google.rpc.ErrorInfo',
        value: text(text(new BinaryWriter(), 1, 'STALE_VERSION'), 2, 'kite').finish(),
      },
      { type: 'google.rpc.RetryInfo', value: new Uint8Array([10, 2, 8, 1]) },
    ]
    const told = problem(error)
    expect(told).toMatchObject({
      text: 'Запись изменили.',
      reason: 'STALE_VERSION',
      requestId: 'r-1',
      passing: false,
    })
    expect(byField(told.violations, 'appraisal.')).toEqual({
      stop_price: 'Предельная цена меньше цены выкупа. Укажите цену.',
    })
  })

  it('that never reached the server may be made again', () => {
    const error = new ConnectError('fetch failed', Code.Internal)
    error.cause = new TypeError('Failed to fetch')
    expect(isNetwork(error)).toBe(true)
    expect(problem(error)).toMatchObject({ passing: true, code: Code.Unavailable })
    expect(problem(error).text).toMatch(/Сервер не отвечает/)
    expect(problem(new ConnectError('busy', Code.ResourceExhausted)).passing).toBe(true)
    expect(problem(new ConnectError('no', Code.PermissionDenied)).passing).toBe(false)
  })
})
