// What went wrong, in words: every failed call becomes one of these before it is shown.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { Code, ConnectError } from '@connectrpc/connect'

export interface Violation {
  field: string
  text: string
}

export interface Problem {
  /** Russian sentence of the server, or ours when the server was not reached. */
  text: string
  code: Code
  /** RefusalCode of the domain: STALE_VERSION, WRONG_PERSON, OWN_WORK, … */
  reason: string
  violations: Violation[]
  requestId: string
  /** The call may simply be made again later. */
  passing: boolean
}

/** Fields 1 and 2 as strings: FieldViolation and ErrorInfo of google.rpc both begin so. */
function pair(bytes: Uint8Array): [string, string] {
  const reader = new BinaryReader(bytes)
  const found: [string, string] = ['', '']
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if ((field === 1 || field === 2) && wire === WireType.LengthDelimited) found[field - 1] = reader.string()
    else reader.skip(wire)
  }
  return found
}

function violations(bytes: Uint8Array): Violation[] {
  const reader = new BinaryReader(bytes)
  const found: Violation[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1 && wire === WireType.LengthDelimited) {
      const [name, text] = pair(reader.bytes())
      found.push({ field: name, text })
    } else reader.skip(wire)
  }
  return found
}

export function problem(error: unknown): Problem {
  const failed = ConnectError.from(error)
  let reason = ''
  const fields: Violation[] = []
  for (const detail of failed.details) {
    if (!('type' in detail) || !(detail.value instanceof Uint8Array)) continue
    if (detail.type === 'google.rpc.BadRequest') fields.push(...violations(detail.value))
    if (detail.type === 'google.rpc.ErrorInfo') reason = pair(detail.value)[0]
  }
  const unreachable = failed.code === Code.Unavailable || isNetwork(error)
  return {
    text:
      unreachable && isNetwork(error)
        ? 'Сервер не отвечает. Введённое сохранено на экране.'
        : failed.rawMessage,
    code: unreachable ? Code.Unavailable : failed.code,
    reason,
    violations: fields,
    requestId: failed.metadata.get('x-request-id') ?? '',
    passing: unreachable || failed.code === Code.DeadlineExceeded || failed.code === Code.ResourceExhausted,
  }
}

/** fetch itself failed: no answer of the server at all. */
export function isNetwork(error: unknown): boolean {
  if (error instanceof ConnectError) return error.cause instanceof TypeError
  return error instanceof TypeError
}

/** Violations of a form by field; `prefix` is what the API puts before the form's own names. */
export function byField(found: Violation[], prefix = ''): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const { field, text } of found) {
    const name = field.startsWith(prefix) ? field.slice(prefix.length) : field
    errors[name] = errors[name] ? `${errors[name]} ${text}` : text
  }
  return errors
}
