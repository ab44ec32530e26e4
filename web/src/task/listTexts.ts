import { texts } from '@/app/texts'
import en from '@/i18n/en/tasks.json'
import ru from '@/i18n/ru/tasks.json'

export const tasksTexts = texts('tasks', ru, en)
