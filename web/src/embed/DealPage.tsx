import { Alert, Anchor, Container, Group, Loader, Stack, Text } from '@mantine/core'
import { useQuery as useRead } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'

import { problem } from '@/api/errors'
import { open, session } from '@/session/session'
import { useSessionState } from '@/session/use'
import { EmptyState } from '@/ui/EmptyState'
import { Workplace } from '@/app/Workplace'
import { Deal } from './Deal'
import { fitFrame } from './frame'
import { embed as texts } from './texts'

/** The ticket of the address; it is taken out at once, so that it stays in no history. */
function takeTicket(): string {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket') ?? ''
  if (ticket !== '') history.replaceState(history.state, '', location.pathname)
  return ticket
}

let ticket: string | undefined

/** The tab of a deal's card on the portal: no storage, no cookie, no camera; everything else as elsewhere. */
export default function DealPage() {
  const t = texts.use()
  const { dealId } = useParams({ from: '/embed/deal/$dealId' })
  ticket ??= takeTicket()
  const entry = useRead({
    queryKey: ['ticket', dealId],
    queryFn: async () => {
      const grant = await open.redeemTicket({ ticket: ticket ?? '' })
      session.take(grant)
      return { buyoutId: grant.buyoutId }
    },
    enabled: ticket !== '',
    retry: false,
    staleTime: Infinity,
  })
  const state = useSessionState()
  useEffect(() => fitFrame(), [])
  return (
    <Container size="lg" p="sm" component="main">
      <Stack gap="sm">
        <Group justify="flex-end">
          <Anchor
            href={`/buyouts?q=${encodeURIComponent(dealId)}&ended=too`}
            target="_blank"
            rel="noopener"
            size="sm"
          >
            {t('window')}
          </Anchor>
        </Group>
        {ticket === '' && <EmptyState kind="forbidden" text={t('no_ticket')} />}
        {state.kind === 'expired' && <Alert color="yellow">{t('expired')}</Alert>}
        {entry.isLoading && (
          <Group justify="center" p="xl" role="status" aria-label={t('opening')}>
            <Loader size="sm" />
          </Group>
        )}
        {entry.error && (
          <Alert color="red" variant="light" title={t('refused')} role="alert">
            <Text size="sm">{problem(entry.error).text}</Text>
            <Text size="sm">{t('again')}</Text>
          </Alert>
        )}
        {entry.data &&
          (entry.data.buyoutId === '' ? (
            <Stack align="center" p="xl" gap={4}>
              <Text fw={600}>{t('none')}</Text>
              <Text size="sm">{t('none_text')}</Text>
            </Stack>
          ) : (
            <Workplace>
              <Deal id={entry.data.buyoutId} />
            </Workplace>
          ))}
      </Stack>
    </Container>
  )
}
