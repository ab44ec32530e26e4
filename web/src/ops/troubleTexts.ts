import { texts } from '@/app/texts'
import en from '@/i18n/en/trouble.json'
import ru from '@/i18n/ru/trouble.json'

export const trouble = texts('trouble', ru, en)
