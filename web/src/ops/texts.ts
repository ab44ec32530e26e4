import { texts } from '@/app/texts'
import en from '@/i18n/en/ops.json'
import ru from '@/i18n/ru/ops.json'

export const ops = texts('ops', ru, en)
