import { texts } from '@/app/texts'
import en from '@/i18n/en/shown.json'
import ru from '@/i18n/ru/shown.json'

export const shown = texts('shown', ru, en)
