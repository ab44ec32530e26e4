import { texts } from '@/app/texts'
import en from '@/i18n/en/policy.json'
import ru from '@/i18n/ru/policy.json'

export const policy = texts('policy', ru, en)
