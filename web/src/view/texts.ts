import { texts } from '@/app/texts'
import en from '@/i18n/en/view.json'
import ru from '@/i18n/ru/view.json'

export const view = texts('view', ru, en)
