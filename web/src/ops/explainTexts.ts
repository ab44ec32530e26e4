import { texts } from '@/app/texts'
import en from '@/i18n/en/explain.json'
import ru from '@/i18n/ru/explain.json'

export const explain = texts('explain', ru, en)
