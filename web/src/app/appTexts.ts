import en from '@/i18n/en/app.json'
import ru from '@/i18n/ru/app.json'
import { texts } from './texts'

export const app = texts('app', ru, en)
