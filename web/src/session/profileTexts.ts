import { texts } from '@/app/texts'
import en from '@/i18n/en/profile.json'
import ru from '@/i18n/ru/profile.json'

export const profile = texts('profile', ru, en)
