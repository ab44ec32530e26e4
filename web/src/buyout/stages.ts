// Stages as people speak of them: the columns of the board.

export const GROUPS = {
  dispatch: ['NEW', 'DISPATCHING'],
  inspection: ['INSPECTION'],
  checks: ['CHECKING', 'WAIT_REMOVAL'],
  appraisal: ['APPRAISAL', 'PRICE_APPROVAL'],
  offer: ['OFFER', 'BARGAINING'],
  papers: ['DOCUMENTS', 'RECHECK', 'SIGNING'],
  payment: ['PAYMENT_APPROVAL', 'PAYING', 'PAYMENT_UNKNOWN', 'PAYMENT_CONFIRM'],
  intake: ['INTAKE'],
  bought: ['DONE', 'DONE_NEEDS_MANUAL'],
  lost: [
    'DECLINED_BY_CLIENT',
    'OFFER_EXPIRED',
    'REFUSED_LEGAL',
    'REFUSED_FRAUD',
    'NO_SHOW',
    'CANCELLED',
    'CANCELLED_NEEDS_MANUAL',
  ],
} satisfies Record<string, string[]>

export type Group = keyof typeof GROUPS

const ENDED: Group[] = ['bought', 'lost']
const ALL = Object.keys(GROUPS) as Group[]

/** Columns that a filter leaves something in. */
export function groupsOf(filter: { stages?: string[]; ended?: 'only' | 'too' }): Group[] {
  const byState = ALL.filter((group) =>
    filter.ended === 'too' ? true : ENDED.includes(group) === (filter.ended === 'only'),
  )
  return byState.filter((group) => stagesIn(group, filter.stages).length > 0)
}

/** Stages of a column that the filter leaves; all of them when it names none. */
export function stagesIn(group: Group, wanted: string[] | undefined): string[] {
  return wanted ? GROUPS[group].filter((stage) => wanted.includes(stage)) : GROUPS[group]
}
