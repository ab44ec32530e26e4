import { texts } from '@/app/texts'
import en from '@/i18n/en/appraisal.json'
import ru from '@/i18n/ru/appraisal.json'

export const appraisal = texts('appraisal', ru, en)
