import { texts } from '@/app/texts'
import en from '@/i18n/en/template.json'
import ru from '@/i18n/ru/template.json'

export const template = texts('template', ru, en)
