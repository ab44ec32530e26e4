import { texts } from '@/app/texts'
import en from '@/i18n/en/buyouts.json'
import ru from '@/i18n/ru/buyouts.json'

export const buyoutsTexts = texts('buyouts', ru, en)
