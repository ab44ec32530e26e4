import { useQuery } from '@connectrpc/connect-query'
import { Alert, Button, Card, Group, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, type ReactNode } from 'react'

import { ReportService, type PeriodSchema } from '@/gen/kite/report/v1/report_pb'
import { useCities } from '@/session/useCities'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { formatMoney } from '@/ui/money'
import { formatDuration } from '@/ui/time'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { lastDays, period } from './period'
import { Refusals, ServiceLevels } from './Tables'
import type { ReportSearch } from './search'
import { report as texts } from './texts'

const Funnel = lazy(() => import('./Funnel'))
const CycleTimes = lazy(() => import('./CycleTimes'))

type Asked = MessageInitShape<typeof PeriodSchema>

/** Figures for the head: funnel, cycle times, refusals, deadlines; each with its table. */
export default function ReportsPage() {
  const t = texts.use()
  const search = useSearch({ from: '/shell/reports' })
  const asked = period(search)
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      <Filter />
      {asked ? <Figures asked={asked} /> : <Alert color="yellow">{t('period_wrong')}</Alert>}
    </Stack>
  )
}

function Filter() {
  const t = texts.use()
  const search = useSearch({ from: '/shell/reports' })
  const navigate = useNavigate({ from: '/reports' })
  const cities = useCities()
  const shown = { ...lastDays(30), ...search }
  const set = (change: ReportSearch) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <Group align="flex-end" className="kite-screen-only">
      <TextInput
        type="date"
        label={t('from')}
        value={shown.from ?? ''}
        onChange={(event) => set({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        type="date"
        label={t('to')}
        value={shown.to ?? ''}
        onChange={(event) => set({ to: event.currentTarget.value || undefined })}
      />
      <Select
        label={t('city')}
        placeholder={t('every_city')}
        clearable
        data={cities}
        value={search.city ?? null}
        onChange={(city) => set({ city: city ?? undefined })}
      />
      {(
        [
          ['month', 30],
          ['quarter', 90],
          ['year', 365],
        ] as const
      ).map(([key, days]) => (
        <Button key={key} variant="default" onClick={() => set(lastDays(days))}>
          {t(key)}
        </Button>
      ))}
    </Group>
  )
}

function Figures({ asked }: { asked: Asked }) {
  const t = texts.use()
  const funnel = useQuery(ReportService.method.getFunnel, { period: asked })
  const cycle = useQuery(ReportService.method.getCycleTimes, { period: asked })
  const refusals = useQuery(ReportService.method.getRefusals, { period: asked })
  const levels = useQuery(ReportService.method.getServiceLevels, { period: asked })
  return (
    <Stack>
      <Loaded query={funnel}>
        {(found) => (
          <>
            <SimpleGrid cols={{ base: 2, md: 4 }}>
              <Figure name={t('started')} value={String(found.started)} />
              <Figure name={t('bought')} value={String(found.bought)} />
              <Figure
                name={t('conversion')}
                value={
                  found.started === 0n
                    ? '—'
                    : `${Math.round((Number(found.bought) * 100) / Number(found.started))} %`
                }
              />
              <Figure name={t('paid')} value={formatMoney(found.paid)} />
            </SimpleGrid>
            <Section title={t('funnel')} text={t('funnel_text')} empty={found.started === 0n}>
              <Funnel steps={found.steps} />
            </Section>
          </>
        )}
      </Loaded>
      <Loaded query={cycle}>
        {(found) => (
          <Section title={t('cycle')} text={t('cycle_text')} empty={found.stages.length === 0}>
            <Text size="sm">
              {t('whole')}: {t('median')} {formatDuration(found.wholeMedianSecs)}, {t('p90')}{' '}
              {formatDuration(found.wholeP90Secs)}
            </Text>
            <CycleTimes stages={found.stages} />
          </Section>
        )}
      </Loaded>
      <Loaded query={refusals}>
        {(found) => (
          <Section title={t('refusals')} empty={found.refusals.length === 0}>
            <Refusals refusals={found.refusals} />
          </Section>
        )}
      </Loaded>
      <Loaded query={levels}>
        {(found) => (
          <Section title={t('sla')} text={t('sla_text')} empty={found.levels.length === 0}>
            <ServiceLevels levels={found.levels} />
          </Section>
        )}
      </Loaded>
    </Stack>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <Card withBorder padding="sm">
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text fw={700} size="xl">
        {value}
      </Text>
    </Card>
  )
}

function Section({
  title,
  text,
  empty,
  children,
}: {
  title: string
  text?: string
  empty: boolean
  children: ReactNode
}) {
  const t = texts.use()
  return (
    <Card withBorder padding="md" component="section">
      <Title order={2} size="h4">
        {title}
      </Title>
      {text && (
        <Text size="sm" c="dimmed" mb="sm">
          {text}
        </Text>
      )}
      {empty ? <EmptyState kind="none" text={t('none')} /> : <Suspense>{children}</Suspense>}
    </Card>
  )
}
