// Where the money goes, as a form holds it and as the API takes it.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { Requisites, RequisitesSchema } from '@/gen/kite/task/v1/task_pb'

export interface RequisitesDraft {
  recipientName: string
  phone: string
  bankId: string
  account: string
  bic: string
  correspondentAccount: string
  bankName: string
  inn: string
}

export const NO_REQUISITES: RequisitesDraft = {
  recipientName: '',
  phone: '',
  bankId: '',
  account: '',
  bic: '',
  correspondentAccount: '',
  bankName: '',
  inn: '',
}

export function requisitesDraft(known: Requisites | undefined, seller = ''): RequisitesDraft {
  return {
    recipientName: known?.recipientName || seller,
    phone: known?.sbp?.phone ?? '',
    bankId: known?.sbp?.bankId ?? '',
    account: known?.account?.account ?? '',
    bic: known?.account?.bic ?? '',
    correspondentAccount: known?.account?.correspondentAccount ?? '',
    bankName: known?.account?.bankName ?? '',
    inn: known?.account?.inn ?? '',
  }
}

/** A way to pay of which nothing was filled in is not sent at all. */
export function requisitesMessage(draft: RequisitesDraft): MessageInitShape<typeof RequisitesSchema> {
  const sbp = draft.phone.trim() !== '' || draft.bankId !== ''
  const account = [draft.account, draft.bic, draft.correspondentAccount, draft.bankName].some(
    (value) => value.trim() !== '',
  )
  return {
    recipientName: draft.recipientName.trim(),
    sbp: sbp ? { phone: draft.phone.trim(), bankId: draft.bankId } : undefined,
    account: account
      ? {
          account: draft.account.trim(),
          bic: draft.bic.trim(),
          correspondentAccount: draft.correspondentAccount.trim(),
          bankName: draft.bankName.trim(),
          inn: draft.inn.trim() || '0',
        }
      : undefined,
  }
}

/** A bank as a form offers it. Some have one name under two numbers: these are told apart by the number. */
export interface BankChoice {
  id: string
  label: string
}

export function bankChoices(banks: readonly { id: string; name: string }[]): BankChoice[] {
  const times = new Map<string, number>()
  for (const { name } of banks) times.set(name, (times.get(name) ?? 0) + 1)
  return banks.map(({ id, name }) => ({ id, label: (times.get(name) ?? 0) > 1 ? `${name} (${id})` : name }))
}

/** What stands in the field of the bank: its name, or the number that was typed. */
export function bankText(choices: BankChoice[], bankId: string): string {
  return choices.find((each) => each.id === bankId)?.label ?? bankId
}

/** Which bank is meant by what stands in the field. */
export function bankIdOf(choices: BankChoice[], text: string): string {
  const typed = text.trim()
  return choices.find((each) => each.label === typed)?.id ?? typed
}

/** БИК and account fit each other: the control key of the account (ЦБ РФ, Положение 579-П). */
export function accountFits(account: string, bic: string): boolean {
  if (!/^\d{20}$/.test(account) || !/^\d{9}$/.test(bic)) return false
  const digits = bic.slice(-3) + account
  const sum = [...digits].reduce(
    (total, digit, index) => total + ((Number(digit) * [7, 1, 3][index % 3]!) % 10),
    0,
  )
  return sum % 10 === 0
}
