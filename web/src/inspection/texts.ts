import { texts } from '@/app/texts'
import en from '@/i18n/en/inspection.json'
import ru from '@/i18n/ru/inspection.json'

export const inspection = texts('inspection', ru, en)
