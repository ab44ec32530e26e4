// Messages on their way: shown at once, kept until the chat itself has them. No DOM and no network here.

import type { ChatMessage } from '@/gen/kite/buyout/v1/buyout_pb'

/** chat::MESSAGE_MAX_CHARS of the domain; counted in characters, not in UTF-16 units. */
export const MOST = 4_000

export const lengthOf = (text: string): number => [...text].length

export interface Outgoing {
  /** The request id: the same one for every attempt, so that the server takes the message once. */
  id: string
  text: string
  state: 'sending' | 'sent' | 'failed'
  /** The server's words about a failure. */
  error: string
  /** Number of the last message that was there before this one. */
  after: number
}

export function added(box: Outgoing[], id: string, text: string, after: number): Outgoing[] {
  return [...box, { id, text, state: 'sending', error: '', after }]
}

export function marked(box: Outgoing[], id: string, state: Outgoing['state'], error = ''): Outgoing[] {
  return box.map((each) => (each.id === id ? { ...each, state, error } : each))
}

/** A page that was left while sending does not know the outcome; sending again under the same id is safe. */
export function restored(box: Outgoing[]): Outgoing[] {
  return box.map((each) => (each.state === 'sending' ? { ...each, state: 'failed' } : each))
}

/**
 * What the chat does not show yet. A message of mine with the same words and a later number is the one that
 * was sent; each such message answers for one of the outgoing.
 */
export function pending(box: Outgoing[], chat: ChatMessage[], me: string): Outgoing[] {
  const taken = new Set<number>()
  return box.filter((each) => {
    const arrived = chat.find(
      (message) =>
        message.number > each.after &&
        !taken.has(message.number) &&
        message.author?.id === me &&
        message.text.trim() === each.text,
    )
    if (arrived) taken.add(arrived.number)
    return !arrived
  })
}
