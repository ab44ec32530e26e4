// What happens outside the browser: at the portal, in 1C, in the bank, on the client's phone.

import { world, type Deal } from './world'

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(new URL(path, world.control), {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`simulator ${path}: ${answer.status} ${text}`)
  return (text === '' ? null : JSON.parse(text)) as Answer
}

/** Asks until there is an answer; the one place where the tests wait for something outside the browser. */
export async function eventually<Value>(
  what: string,
  ask: () => Promise<Value | undefined>,
  patience = 60_000,
): Promise<Value> {
  const until = Date.now() + patience
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error(`${what}: nothing after ${patience} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Car {
  id: string
  vin: string | null
  frame: string | null
  mileage_km: number
  owner: {
    surname: string
    name: string
    patronymic: string
    birthdate: string
    phone: string
    passport: { series: string; number: string }
  }
}

/** A client's deal on a car of that kind; kinds are in the simulator's catalogue. */
export async function deal(kind: string): Promise<Deal> {
  const car = await call<Car>('POST', 'catalogue/fresh', { kind })
  const made = await call<{ deal_id: number }>('POST', 'bitrix24/deals', { car: car.id, city: world.city })
  const { owner } = car
  return {
    id: '',
    deal: made.deal_id,
    car: {
      identifier: car.vin ?? car.frame ?? '',
      frame: car.vin === null,
      mileageKm: car.mileage_km,
      owner: [owner.surname, owner.name, owner.patronymic].filter(Boolean).join(' '),
      birthdate: owner.birthdate,
      phone: owner.phone,
      passportSeries: owner.passport.series,
      passportNumber: owner.passport.number,
    },
  }
}

/** The deal reaches the stage at which the portal's robot calls Kite. */
export async function robotCalls({ deal }: Deal, stage = 'C9:INSPECTION'): Promise<void> {
  await call('POST', `bitrix24/deals/${deal}/stage`, { stage })
}

export async function dealStage({ deal }: Deal): Promise<string> {
  const found = await call<Record<string, unknown>>('GET', `bitrix24/deals/${deal}`)
  return String(found.stage ?? found.STAGE_ID ?? '')
}

/** Somebody of the treasury decides the request with that number in 1C. */
export async function treasuryDecides(
  number: string,
  decision: 'approve' | 'reject',
  login: string,
): Promise<void> {
  const requests = await call<{ number: string; ref_key: string }[]>('GET', 'onec_treasury/requests')
  const request = requests.find((each) => each.number === number)
  const users = await call<{ login: string; ref_key: string }[]>('GET', 'onec_treasury/users')
  const user = users.find((each) => each.login === login)
  if (!request || !user) throw new Error(`no request № ${number} or no user ${login} in the treasury`)
  await call('POST', `onec_treasury/requests/${request.ref_key}/decision`, {
    decision,
    user: user.ref_key,
    comment: '',
  })
}

/** Messages to the client's phone, oldest first. */
export async function messages(channel: 'wazzup' | 'sms', phone: string): Promise<string[]> {
  const digits = phone.replaceAll(/\D/g, '')
  const found = await call<{ text: string }[]>('GET', `${channel}/messages?phone=${digits}`)
  return found.map(({ text }) => text)
}

/** The newest link that the client was sent, once there are `count` messages with one. */
export function link(phone: string, count = 1): Promise<string> {
  return eventually(`link ${count} to the client`, async () => {
    const links = (await messages('wazzup', phone)).flatMap(
      (text) => /https:\/\/\S+\/l\/[^\s,)]+/.exec(text)?.[0] ?? [],
    )
    return links.length >= count ? links.at(-1)?.replace(/\.$/, '') : undefined
  })
}

/** The newest code by SMS, once there are `count` messages. */
export function code(phone: string, count = 1): Promise<string> {
  return eventually(`code ${count} by SMS`, async () => {
    const texts = await messages('sms', phone)
    return texts.length >= count ? /\b\d{6}\b/.exec(texts.at(-1) ?? '')?.[0] : undefined
  })
}

/** Effects at a partner, from its append-only ledger. */
export async function effects(partner: string): Promise<{ operation: string }[]> {
  return call('GET', `ledger?partner=${partner}`)
}

/** Scripts one fault for the calls of an operation that `when` names. */
export async function fault(
  partner: string,
  operation: string,
  when: object | 'every',
  what: object,
): Promise<void> {
  await call('POST', 'faults', { partner, operation, when, fault: what })
}

/** Every partner is well again. */
export async function mend(): Promise<void> {
  await call('DELETE', 'faults')
}
