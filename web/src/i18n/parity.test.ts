import { describe, expect, it } from 'vitest'

const files = import.meta.glob<{ default: Record<string, string> }>('./{ru,en}/*.json', { eager: true })

const FORMS = { ru: ['one', 'few', 'many'], en: ['one', 'other'] }

/** Keys without the endings of plural forms. */
function stems(texts: Record<string, string>): string[] {
  return [...new Set(Object.keys(texts).map((key) => key.replace(/_(one|few|many|other)$/, '')))].sort()
}

describe.each(Object.keys(files).filter((file) => file.startsWith('./ru/')))('%s', (file) => {
  const ru = files[file]?.default ?? {}
  const en = files[file.replace('/ru/', '/en/')]?.default

  it('has the same keys in both languages', () => {
    expect(en, 'the English file').toBeDefined()
    expect(stems(en ?? {})).toEqual(stems(ru))
  })

  it('says nothing twice over and nothing empty', () => {
    for (const [key, text] of [...Object.entries(ru), ...Object.entries(en ?? {})]) {
      expect(text.trim(), key).not.toBe('')
    }
  })

  it('has every plural form', () => {
    for (const [language, texts] of [['ru', ru] as const, ['en', en ?? {}] as const]) {
      const counted = Object.keys(texts).filter((key) => /_(one|few|many|other)$/.test(key))
      for (const key of counted) {
        const stem = key.replace(/_(one|few|many|other)$/, '')
        for (const form of FORMS[language])
          expect(texts, `${language} ${stem}`).toHaveProperty([`${stem}_${form}`])
      }
    }
  })

  it('asks for the same values', () => {
    const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()
    for (const [key, text] of Object.entries(ru)) {
      const other = en?.[key]
      if (other !== undefined) expect(values(other), key).toEqual(values(text))
    }
  })
})
