import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { InspectionView } from '@/inspection/InspectionView'

export default function InspectionTab({ buyout }: { buyout: Buyout }) {
  return <InspectionView buyout={buyout} columns={2} />
}
