// The verifier's word: per field while comparing, per paper when it is sent.

import { FIELDS_OF, PAPERS, type PaperKind } from './papers'

export interface PaperWord {
  /** Fields found right. */
  right: string[]
  /** Remarks by field. */
  remarks: Record<string, string>
  /** A remark on the paper as a whole. */
  remark: string
}

export type Words = Record<string, PaperWord>

export const NO_WORDS: Words = Object.fromEntries(
  PAPERS.map((kind) => [kind, { right: [], remarks: {}, remark: '' }]),
)

export type Fate = 'undecided' | 'accepted' | 'returned'

/** A paper with any remark goes back; one whose fields are all right is accepted. */
export function fate(kind: PaperKind, word: PaperWord | undefined): Fate {
  if (!word) return 'undecided'
  const remarked = word.remark.trim() !== '' || Object.values(word.remarks).some((text) => text.trim() !== '')
  if (remarked) return 'returned'
  return FIELDS_OF[kind].every(({ path }) => word.right.includes(path)) ? 'accepted' : 'undecided'
}

/** One remark that the manager reads: "Серия паспорта: не совпадает; …". */
export function remarkText(kind: PaperKind, word: PaperWord, label: (path: string) => string): string {
  const fields = FIELDS_OF[kind].flatMap(({ path }) => {
    const text = word.remarks[path]?.trim()
    return text ? [`${label(path)}: ${text}`] : []
  })
  return [word.remark.trim(), ...fields].filter((text) => text !== '').join('; ')
}

export function verdicts(words: Words, label: (path: string) => string) {
  return PAPERS.map((kind) => {
    const word = words[kind]
    const accepted = fate(kind, word) === 'accepted'
    return { kind, accepted, remark: word && !accepted ? remarkText(kind, word, label) : '' }
  })
}
