import { texts } from '@/app/texts'
import en from '@/i18n/en/document.json'
import ru from '@/i18n/ru/document.json'

export const document = texts('document', ru, en)
