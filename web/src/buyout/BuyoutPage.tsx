import { useQuery } from '@connectrpc/connect-query'
import { Stack, Tabs } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, type ReactNode } from 'react'

import { Boundary } from '@/app/Boundary'
import { BuyoutService, type Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { Loaded } from '@/ui/Loaded'
import { BuyoutHeader } from './BuyoutHeader'
import { PaymentTab } from './PaymentTab'
import { PapersTab } from './PapersTab'
import { PriceTab } from './PriceTab'
import { TasksTab } from './TasksTab'
import { buyout as texts } from './texts'
import { Timeline } from './Timeline'
import { Waiting } from './Waiting'

const InspectionTab = lazy(() => import('./InspectionTab'))
const ChecksTab = lazy(() => import('./ChecksTab'))
const ChatTab = lazy(() => import('./ChatTab'))
const EngineTab = lazy(() => import('./EngineTab'))

const TABS = [
  'timeline',
  'inspection',
  'checks',
  'price',
  'papers',
  'payment',
  'chat',
  'tasks',
  'engine',
] as const
type Tab = (typeof TABS)[number]

/** One run: who is awaited on top, below it everything that is known, the latest first. */
export default function BuyoutPage() {
  const { id } = useParams({ from: '/shell/buyouts/$id' })
  const query = useQuery(BuyoutService.method.getBuyout, { id })
  return (
    <Loaded query={query}>
      {({ buyout }) =>
        buyout && (
          <Stack gap="md">
            <BuyoutHeader buyout={buyout} />
            <Waiting buyout={buyout} />
            <Sections buyout={buyout} />
          </Stack>
        )
      }
    </Loaded>
  )
}

function Sections({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const me = useMe()
  const { tab } = useSearch({ from: '/shell/buyouts/$id' })
  const navigate = useNavigate({ from: '/buyouts/$id' })
  const mends = me.may('kite.ops.v1.OpsService/Explain') || me.may('kite.ops.v1.OpsService/GetRun')
  const shown = TABS.filter((each) => each !== 'engine' || mends)
  const active: Tab = shown.find((each) => each === tab) ?? 'timeline'
  const bodies: Record<Tab, () => ReactNode> = {
    timeline: () => <Timeline buyout={buyout} />,
    inspection: () => <InspectionTab buyout={buyout} />,
    checks: () => <ChecksTab buyout={buyout} />,
    price: () => <PriceTab buyout={buyout} />,
    papers: () => <PapersTab buyout={buyout} />,
    payment: () => <PaymentTab buyout={buyout} />,
    chat: () => <ChatTab buyout={buyout} />,
    tasks: () => <TasksTab buyout={buyout} />,
    engine: () => <EngineTab buyout={buyout} />,
  }
  return (
    <Tabs
      value={active}
      onChange={(next) =>
        void navigate({ search: (old) => ({ ...old, tab: next ?? undefined }), replace: true })
      }
      keepMounted={false}
    >
      <Tabs.List className="kite-scroll">
        {shown.map((each) => (
          <Tabs.Tab key={each} value={each}>
            {t(`tab_${each}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {shown.map((each) => (
        <Tabs.Panel key={each} value={each} pt="md">
          <Boundary>
            <Suspense>{each === active && bodies[each]()}</Suspense>
          </Boundary>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
