import { useQuery } from '@connectrpc/connect-query'
import { Badge, Button, Card, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'

import { PolicyService, type Policy } from '@/gen/kite/policy/v1/policy_pb'
import { useMe } from '@/session/use'
import { EmptyState } from '@/ui/EmptyState'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { formatBasisPoints, formatMoney } from '@/ui/money'
import { formatDuration, formatTime } from '@/ui/time'
import { PolicyForm } from './PolicyForm'
import { policy as texts } from './texts'

/** The newest rules of each city; a change is a new version. */
export default function PoliciesPage() {
  const t = texts.use()
  const me = useMe()
  const may = me.may('kite.policy.v1.PolicyService/PutPolicy')
  const query = useQuery(PolicyService.method.listPolicies, {})
  const [open, setOpen] = useState<{ policy: Policy; city: string }>()
  const [history, setHistory] = useState<string>()
  const [city, setCity] = useState('')
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      <Text size="sm">{t('intro')}</Text>
      <Loaded query={query}>
        {({ policies }) => {
          const base = policies.find((policy) => policy.city === '') ?? policies[0]
          if (!base) return <EmptyState kind="none" text={t('none')} />
          return (
            <>
              {may && (
                <form
                  onSubmit={(event) => {
                    event.preventDefault()
                    if (city.trim() !== '') setOpen({ policy: base, city: city.trim() })
                  }}
                >
                  <Group align="flex-end">
                    <TextInput
                      label={t('city')}
                      value={city}
                      onChange={(event) => setCity(event.currentTarget.value)}
                    />
                    <Button type="submit" variant="default" disabled={city.trim() === ''}>
                      {t('new_city')}
                    </Button>
                  </Group>
                </form>
              )}
              {policies.map((policy) => (
                <PolicyCard
                  key={policy.city}
                  policy={policy}
                  edit={may ? () => setOpen({ policy, city: policy.city }) : undefined}
                  history={() => setHistory(policy.city)}
                />
              ))}
            </>
          )
        }}
      </Loaded>
      {open && <PolicyForm policy={open.policy} city={open.city} close={() => setOpen(undefined)} />}
      {history !== undefined && <Versions city={history} close={() => setHistory(undefined)} />}
    </Stack>
  )
}

function PolicyCard({ policy, edit, history }: { policy: Policy; edit?: () => void; history?: () => void }) {
  const t = texts.use()
  const { limits, site, legalEntity } = policy
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2} size="h5">
              {policy.city || t('default')}
            </Title>
            <Badge variant="light">{t('version', { n: policy.version })}</Badge>
          </Group>
          <Group gap="xs">
            {history && (
              <Button size="compact-sm" variant="default" onClick={history}>
                {t('history')}
              </Button>
            )}
            {edit && (
              <Button size="compact-sm" variant="default" onClick={edit}>
                {t('edit')}
              </Button>
            )}
          </Group>
        </Group>
        <Text size="xs" c="dimmed">
          {t('changed', { name: policy.createdBy?.name ?? '—', time: formatTime(policy.createdAt) })}{' '}
          {policy.comment}
        </Text>
        <Facts
          rows={[
            [t('site'), site && `${site.name}, ${site.address}`],
            [t('legal_entity'), legalEntity && `${legalEntity.name}, ${t('inn')} ${legalEntity.inn}`],
            [t('price_without_approval'), formatMoney(limits?.priceWithoutApproval)],
            [t('market_deviation_bp'), limits && formatBasisPoints(limits.marketDeviationBp)],
            [t('sbp_max'), formatMoney(limits?.sbpMax)],
            [t('time_zone'), policy.timeZone],
            [
              t('deadlines'),
              policy.deadlines
                .filter((deadline) => deadline.workingTime)
                .map((deadline) => `${deadline.title}: ${formatDuration(deadline.secs)}`)
                .join('; '),
            ],
          ]}
        />
      </Stack>
    </Card>
  )
}

function Versions({ city, close }: { city: string; close: () => void }) {
  const t = texts.use()
  const query = useQuery(PolicyService.method.listPolicyVersions, { city })
  return (
    <Modal opened onClose={close} title={`${t('history')}: ${city || t('default')}`} size="xl">
      <Loaded query={query}>
        {({ policies }) => (
          <Stack>
            {policies.map((policy) => (
              <PolicyCard key={policy.version} policy={policy} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Modal>
  )
}
