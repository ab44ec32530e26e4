import { texts } from '@/app/texts'
import en from '@/i18n/en/ui.json'
import ru from '@/i18n/ru/ui.json'

export const ui = texts('ui', ru, en)
