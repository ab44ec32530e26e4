import { texts } from '@/app/texts'
import en from '@/i18n/en/payment.json'
import ru from '@/i18n/ru/payment.json'

export const payment = texts('payment', ru, en)
