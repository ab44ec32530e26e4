import { Anchor, Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import { queries } from '@/api/queries'
import { inspections } from '@/api/transport'
import { formatPhone } from '@/buyout/ClientCard'
import type { GetInspectionResponse } from '@/gen/kite/inspection/v1/inspection_pb'
import type { DecisionState } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { confirmReason } from '@/ui/confirmReason'
import { Facts } from '@/ui/Facts'
import { done, failed } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { RescheduleModal } from './RescheduleModal'
import { inspection as texts } from './texts'
import { geoLink, place, routeLink } from './visit'

interface Props {
  visit: GetInspectionResponse
  buyoutId: string
  /** Absent for somebody who only looks. */
  decision?: DecisionState
}

/** Where to go, whom to call, when; and what is said on the way there. */
export function VisitCard({ visit, buyoutId, decision }: Props) {
  const t = texts.use()
  useCodes()
  const { city, address, clientName, clientPhone, timeZone } = visit
  return (
    <Card withBorder padding="sm" component="section" aria-label={t('where')}>
      <Stack gap="sm">
        {visit.visitStatus !== '' && (
          <Text fw={600} role="status">
            {visit.visitStatusAt
              ? t('status_since', {
                  status: word('visit', visit.visitStatus),
                  time: formatTime(visit.visitStatusAt, timeZone),
                })
              : word('visit', visit.visitStatus)}
          </Text>
        )}
        <Facts
          rows={[
            [
              t('visit_time'),
              <b key="time">
                {visit.visitAt ? formatTime(visit.visitAt, timeZone) : t('visit_by_agreement')}
              </b>,
            ],
            [t('where'), address === '' ? t('no_address') : place(city, address)],
            [t('client'), clientName],
            [
              t('phone'),
              clientPhone !== '' && <Anchor href={`tel:+${clientPhone}`}>{formatPhone(clientPhone)}</Anchor>,
            ],
            [t('car'), [visit.car, visit.plate].filter(Boolean).join(', ')],
            [t('claimed'), visit.identifier !== '' && <span className="kite-mono">{visit.identifier}</span>],
          ]}
        />
        <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs">
          {clientPhone !== '' && (
            <Button
              component="a"
              href={`tel:+${clientPhone}`}
              size="md"
              variant="default"
              aria-label={t('call_name', { name: clientName })}
            >
              {t('call')}
            </Button>
          )}
          {address !== '' && (
            <>
              <Button
                component="a"
                href={routeLink(city, address)}
                target="_blank"
                rel="noreferrer"
                size="md"
                variant="default"
              >
                {t('route')}
              </Button>
              <Button component="a" href={geoLink(city, address)} size="md" variant="default" hiddenFrom="sm">
                {t('map')}
              </Button>
            </>
          )}
        </SimpleGrid>
        {decision && <Steps visit={visit} buyoutId={buyoutId} decision={decision} />}
      </Stack>
    </Card>
  )
}

function Steps({ visit, buyoutId, decision }: Required<Props>) {
  const t = texts.use()
  const [busy, setBusy] = useState('')
  const [moving, setMoving] = useState(false)
  // One id for each word said, until the server has answered it.
  const [requests] = useState(() => ({ ON_THE_WAY: crypto.randomUUID(), ON_SITE: crypto.randomUUID() }))
  const report = async (status: 'ON_THE_WAY' | 'ON_SITE') => {
    setBusy(status)
    try {
      const answer = await inspections.reportVisit({ buyoutId, status, requestId: requests[status] })
      done(answer.message)
      await queries.invalidateQueries()
    } catch (error) {
      failed(error)
    } finally {
      setBusy('')
    }
  }
  const noShow = () =>
    confirmReason({
      title: t('no_show'),
      text: t('no_show_text'),
      confirm: t('no_show_confirm'),
      danger: true,
      run: async (text) => {
        if (!(await decision.decide({ case: 'noShow', value: { text } }))) {
          throw new Error(t('no_show_refused'))
        }
      },
    })
  return (
    <Stack gap="xs">
      <SimpleGrid cols={2} spacing="xs">
        <Button
          size="lg"
          px="xs"
          variant={visit.visitStatus === '' ? 'filled' : 'default'}
          loading={busy === 'ON_THE_WAY'}
          disabled={visit.visitStatus !== '' || busy !== ''}
          onClick={() => void report('ON_THE_WAY')}
        >
          {t('on_the_way')}
        </Button>
        <Button
          size="lg"
          px="xs"
          variant={visit.visitStatus === 'ON_THE_WAY' ? 'filled' : 'default'}
          loading={busy === 'ON_SITE'}
          disabled={visit.visitStatus === 'ON_SITE' || busy !== ''}
          onClick={() => void report('ON_SITE')}
        >
          {t('on_site')}
        </Button>
      </SimpleGrid>
      <Group gap="xs">
        <Button variant="subtle" size="md" px="xs" onClick={() => setMoving(true)}>
          {t('reschedule')}
        </Button>
        <Button variant="subtle" color="red" size="md" px="xs" disabled={decision.busy} onClick={noShow}>
          {t('no_show')}
        </Button>
      </Group>
      {moving && <RescheduleModal visit={visit} buyoutId={buyoutId} close={() => setMoving(false)} />}
    </Stack>
  )
}
