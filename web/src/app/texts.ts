// Texts of the screens, Russian and English. Each noun keeps its own in i18n/{ru,en}/<noun>.json and
// registers them when its code is loaded.

import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'

import { settings } from './storage'

export type Language = 'ru' | 'en'

export function language(): Language {
  return settings.get('language') === 'en' ? 'en' : 'ru'
}

void i18next.use(initReactI18next).init({
  lng: language(),
  fallbackLng: 'ru',
  keySeparator: false,
  nsSeparator: false,
  resources: {},
  interpolation: { escapeValue: false },
  returnNull: false,
  initAsync: false,
})

export function setLanguage(next: Language): void {
  settings.set('language', next)
  document.documentElement.lang = next
  void i18next.changeLanguage(next)
}

type Base<K> = K extends `${infer Stem}_${'zero' | 'one' | 'few' | 'many' | 'other'}` ? Stem : K
export type Translate<Texts> = (key: Base<keyof Texts & string>, values?: Record<string, unknown>) => string

/** Registers the texts of a noun; the hook gives them in the language of the person. */
export function texts<Texts extends Record<string, string>>(
  noun: string,
  ru: Texts,
  en: Record<keyof Texts, string> | Record<string, string>,
): { use: () => Translate<Texts>; get: Translate<Texts> } {
  i18next.addResourceBundle('ru', noun, ru)
  i18next.addResourceBundle('en', noun, en)
  const get: Translate<Texts> = (key, values) => i18next.t(key, { ns: noun, ...values })
  return {
    // The hook re-renders on a change of language; keys are of this noun only.
    use: () => {
      useTranslation(noun)
      return get
    },
    get,
  }
}
