import { texts } from '@/app/texts'
import en from '@/i18n/en/dispatch.json'
import ru from '@/i18n/ru/dispatch.json'

export const dispatch = texts('dispatch', ru, en)
