import { texts } from '@/app/texts'
import en from '@/i18n/en/chat.json'
import ru from '@/i18n/ru/chat.json'

export const chat = texts('chat', ru, en)
