import { Stack, Tabs, Title } from '@mantine/core'
import { lazy, Suspense, type ComponentType } from 'react'

import { Boundary } from '@/app/Boundary'
import { useMe } from '@/session/use'
import { EmptyState } from '@/ui/EmptyState'
import { useSearchTab } from '@/ui/useSearchTab'
import { HeldBanner } from './HeldBanner'
import { ops as texts } from './texts'

const OPS = 'kite.ops.v1.OpsService'

/** Each tab with the action without which it would show nothing. */
const TABS = {
  runs: [lazy(() => import('./Runs')), `${OPS}/ListPartners`],
  partners: [lazy(() => import('./Partners')), `${OPS}/ListPartners`],
  inbox: [lazy(() => import('./Inbox')), `${OPS}/ListInbox`],
  unmatched: [lazy(() => import('./Unmatched')), `${OPS}/ListUnmatched`],
  retry: [lazy(() => import('./RetryTab')), `${OPS}/RetryBatch`],
  findings: [lazy(() => import('./Findings')), `${OPS}/ListFindings`],
  journal: [lazy(() => import('@/audit/Journal')), 'kite.audit.v1.AuditService/SearchAudit'],
} satisfies Record<string, [ComponentType, string]>
type Tab = keyof typeof TABS

const NAMES = Object.keys(TABS) as Tab[]

/** How runs, partners and the inbox are, for those who keep Kite running. */
export default function OpsPage() {
  const t = texts.use()
  const me = useMe()
  const shown = NAMES.filter((each) => me.may(TABS[each][1]))
  const [active, choose] = useSearchTab('tab', shown, shown[0] ?? 'runs')
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      {shown.includes('partners') && <HeldBanner />}
      {shown.length === 0 ? (
        <EmptyState kind="forbidden" text={t('forbidden')} />
      ) : (
        <Tabs value={active} keepMounted={false} onChange={choose}>
          <Tabs.List className="kite-scroll">
            {shown.map((each) => (
              <Tabs.Tab key={each} value={each}>
                {t(`tab_${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {shown.map((each) => {
            const [Body] = TABS[each]
            return (
              <Tabs.Panel key={each} value={each} pt="md">
                <Boundary>
                  <Suspense>{each === active && <Body />}</Suspense>
                </Boundary>
              </Tabs.Panel>
            )
          })}
        </Tabs>
      )}
    </Stack>
  )
}
