import { Chat } from '@/chat/Chat'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'

export default function ChatTab({ buyout }: { buyout: Buyout }) {
  return <Chat buyout={buyout} />
}
