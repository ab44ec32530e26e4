import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'

export default function ChecksTab({ buyout }: { buyout: Buyout }) {
  return <p>{buyout.summary?.id}</p>
}
