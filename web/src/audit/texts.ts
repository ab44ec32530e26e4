import { texts } from '@/app/texts'
import en from '@/i18n/en/audit.json'
import ru from '@/i18n/ru/audit.json'

export const audit = texts('audit', ru, en)
