import { texts } from '@/app/texts'
import en from '@/i18n/en/embed.json'
import ru from '@/i18n/ru/embed.json'

export const embed = texts('embed', ru, en)
