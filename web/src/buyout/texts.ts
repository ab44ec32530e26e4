import { texts } from '@/app/texts'
import en from '@/i18n/en/buyout.json'
import ru from '@/i18n/ru/buyout.json'

export const buyout = texts('buyout', ru, en)
