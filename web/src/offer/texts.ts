import { texts } from '@/app/texts'
import en from '@/i18n/en/offer.json'
import ru from '@/i18n/ru/offer.json'

export const offer = texts('offer', ru, en)
