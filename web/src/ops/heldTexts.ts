import { texts } from '@/app/texts'
import en from '@/i18n/en/held.json'
import ru from '@/i18n/ru/held.json'

export const held = texts('held', ru, en)
