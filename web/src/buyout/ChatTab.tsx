import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'

export default function ChatTab({ buyout }: { buyout: Buyout }) {
  return <p>{buyout.summary?.id}</p>
}
