// What a sweep came to, in words: the server gives it as the JSON that the sweep itself answered.

type Words = (
  key: 'sweep.PORTALS' | 'sweep.RECONCILE' | 'sweep_silent',
  values?: Record<string, unknown>,
) => string

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** The result in words; as it came when it is of a kind that is not known here, empty when there is none. */
export function sweepWords(t: Words, code: string, result: string): string {
  if (result === '') return ''
  let told: Record<string, unknown>
  try {
    const read: unknown = JSON.parse(result)
    if (typeof read !== 'object' || read === null) return result
    told = read as Record<string, unknown>
  } catch {
    return result
  }
  if (code === 'PORTALS') {
    const { events, lost, unanswered, silent } = told
    return t('sweep.PORTALS', {
      events: number(events),
      lost: number(lost),
      unanswered: number(unanswered),
      silent: number(silent),
    })
  }
  if (code === 'RECONCILE') {
    const { runs, findings, new: fresh, gone, silent } = told
    const words = t('sweep.RECONCILE', {
      runs: number(runs),
      findings: number(findings),
      fresh: number(fresh),
      gone: number(gone),
    })
    const names = Array.isArray(silent) ? silent.filter((name) => typeof name === 'string') : []
    return names.length > 0 ? `${words}; ${t('sweep_silent', { names: names.join(', ') })}` : words
  }
  return result
}
