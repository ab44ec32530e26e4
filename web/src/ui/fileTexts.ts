import { texts } from '@/app/texts'
import en from '@/i18n/en/file.json'
import ru from '@/i18n/ru/file.json'

export const file = texts('file', ru, en)
