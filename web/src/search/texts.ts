import { texts } from '@/app/texts'
import en from '@/i18n/en/search.json'
import ru from '@/i18n/ru/search.json'

export const search = texts('search', ru, en)
