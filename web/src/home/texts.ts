import { texts } from '@/app/texts'
import en from '@/i18n/en/home.json'
import ru from '@/i18n/ru/home.json'

export const home = texts('home', ru, en)
