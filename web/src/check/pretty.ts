// A source's raw answer, laid out for reading. Only spaces between tokens change: numbers of any size,
// escapes and the order of fields stay as the source sent them.

/** More than this is not laid out on the screen; the file can be saved. */
export const SHOWN_MOST = 200_000

export function pretty(text: string): { text: string; cut: boolean } {
  const cut = text.length > SHOWN_MOST
  const shown = cut ? text.slice(0, SHOWN_MOST) : text
  const start = shown.trimStart()
  if (start.startsWith('<')) return { text: xml(shown), cut }
  if (start.startsWith('{') || start.startsWith('[')) return { text: json(shown), cut }
  return { text: shown, cut }
}

function json(text: string): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|"[^]*$/g) ?? []
  let depth = 0
  let out = ''
  const line = () => `\n${'  '.repeat(Math.max(0, depth))}`
  tokens.forEach((token, index) => {
    const before = tokens[index - 1]
    if (token === '}' || token === ']') {
      depth -= 1
      out += before === '{' || before === '[' ? token : line() + token
    } else {
      if (before === '{' || before === '[' || before === ',') out += line()
      out += token === ':' ? ': ' : token
      if (token === '{' || token === '[') depth += 1
    }
  })
  return out
}

function xml(text: string): string {
  let depth = 0
  return text
    .trim()
    .replace(/>\s*</g, '>\n<')
    .split('\n')
    .map((raw) => {
      const line = raw.trim()
      const closes = line.startsWith('</')
      if (closes) depth -= 1
      const shown = '  '.repeat(Math.max(0, depth)) + line
      const opens = /^<[^!?/][^>]*[^/]?>/.test(line) && !line.endsWith('/>') && !line.includes('</')
      if (opens) depth += 1
      return shown
    })
    .join('\n')
}
