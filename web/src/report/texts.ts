import { texts } from '@/app/texts'
import en from '@/i18n/en/report.json'
import ru from '@/i18n/ru/report.json'

export const report = texts('report', ru, en)
