import { texts } from '@/app/texts'
import en from '@/i18n/en/staff.json'
import ru from '@/i18n/ru/staff.json'

export const staff = texts('staff', ru, en)
