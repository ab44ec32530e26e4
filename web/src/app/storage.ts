// Storage that works everywhere: inside a portal's frame the browser refuses it, and then values live
// as long as the page. Never holds tokens.

const memory = new Map<string, string>()

function area(kind: 'local' | 'session'): Storage | undefined {
  try {
    const found = kind === 'local' ? window.localStorage : window.sessionStorage
    found.getItem('kite')
    return found
  } catch {
    return undefined
  }
}

function keep(kind: 'local' | 'session') {
  return {
    get(key: string): string | undefined {
      return area(kind)?.getItem(`kite.${key}`) ?? memory.get(`${kind}.${key}`)
    },
    set(key: string, value: string): void {
      memory.set(`${kind}.${key}`, value)
      try {
        area(kind)?.setItem(`kite.${key}`, value)
      } catch {
        // Full or refused: the page's own copy serves until it closes.
      }
    },
    remove(key: string): void {
      memory.delete(`${kind}.${key}`)
      area(kind)?.removeItem(`kite.${key}`)
    },
    keys(): string[] {
      const found = area(kind)
      const stored = found
        ? Array.from({ length: found.length }, (_, index) => found.key(index) ?? '')
            .filter((key) => key.startsWith('kite.'))
            .map((key) => key.slice('kite.'.length))
        : []
      const held = [...memory.keys()]
        .filter((key) => key.startsWith(`${kind}.`))
        .map((key) => key.slice(kind.length + 1))
      return [...new Set([...stored, ...held])]
    },
  }
}

/** Settings of this browser: language, theme. */
export const settings = keep('local')
/** What somebody typed and has not sent; gone when the tab closes or the person signs out. */
export const drafts = keep('session')
