import { useCallback, useState } from 'react'

import { drafts } from './storage'

/** bigint survives JSON as {"$big": "…"}. */
function write(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? { $big: part.toString() } : part,
  )
}

function read<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text, (_key, part: unknown) =>
      typeof part === 'object' && part !== null && '$big' in part ? BigInt(String(part.$big)) : part,
    ) as Value
  } catch {
    return undefined
  }
}

/**
 * What somebody types into a form, kept until it is accepted: a closed drawer, a reload, an expired session
 * or a refused decision loses nothing. `key` names the record: "appraise:<task id>".
 */
export function useDraft<Value>(
  key: string,
  initial: Value | (() => Value),
): [Value, (next: Value | ((old: Value) => Value)) => void, () => void] {
  const begin = useCallback(
    () => (typeof initial === 'function' ? (initial as () => Value)() : initial),
    // The beginning is read once per record.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [key],
  )
  const [held, setHeld] = useState<{ key: string; value: Value }>(() => ({
    key,
    value: read<Value>(drafts.get(key) ?? '') ?? begin(),
  }))
  const value = held.key === key ? held.value : (read<Value>(drafts.get(key) ?? '') ?? begin())
  const set = useCallback(
    (next: Value | ((old: Value) => Value)) => {
      setHeld((old) => {
        const current = old.key === key ? old.value : (read<Value>(drafts.get(key) ?? '') ?? begin())
        const value = typeof next === 'function' ? (next as (old: Value) => Value)(current) : next
        drafts.set(key, write(value))
        return { key, value }
      })
    },
    [key, begin],
  )
  const clear = useCallback(() => {
    drafts.remove(key)
    setHeld({ key, value: begin() })
  }, [key, begin])
  return [value, set, clear]
}
