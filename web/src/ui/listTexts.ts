import { texts } from '@/app/texts'
import en from '@/i18n/en/list.json'
import ru from '@/i18n/ru/list.json'

export const list = texts('list', ru, en)
