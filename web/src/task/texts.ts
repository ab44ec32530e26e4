import { texts } from '@/app/texts'
import en from '@/i18n/en/task.json'
import ru from '@/i18n/ru/task.json'

export const task = texts('task', ru, en)
