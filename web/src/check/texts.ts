import { texts } from '@/app/texts'
import en from '@/i18n/en/check.json'
import ru from '@/i18n/ru/check.json'

export const check = texts('check', ru, en)
