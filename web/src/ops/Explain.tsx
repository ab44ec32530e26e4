import { useQuery } from '@connectrpc/connect-query'
import { Alert, Badge, Card, Group, List, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

import { OpsService, type ExplainResponse, type Wait } from '@/gen/kite/ops/v1/ops_pb'
import { useCodes, word } from '@/ui/codes'
import { Deadline } from '@/ui/Deadline'
import { Facts } from '@/ui/Facts'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { Actions } from './Actions'
import { explain as texts } from './explainTexts'
import { HoldLine } from './HoldLine'
import { Notes } from './Notes'

/** Why a run does not go on: what it waits for, what failed, what may be done about it and by whom. */
export function Explain({ buyoutId }: { buyoutId: string }) {
  const t = texts.use()
  // Health of partners has no events.
  const query = useQuery(OpsService.method.explain, { buyoutId }, { refetchInterval: 15_000 })
  return (
    <Loaded query={query}>
      {(why) => (
        <Stack>
          <Alert variant="light" color={why.waits.length > 0 ? 'blue' : 'gray'} role="status">
            <Text size="sm" className="kite-words">
              {why.summary}
            </Text>
            {why.toldBy === 'RECORD' && (
              <Text size="xs" mt={4}>
                {t('by_record')}
              </Text>
            )}
          </Alert>
          <Waits waits={why.waits} />
          {why.actions.length > 0 && <Actions why={why} />}
          {why.partners.length > 0 && <Partners why={why} />}
          <Failures why={why} />
          <Arrived why={why} />
          <Notes buyoutId={buyoutId} notes={why.notes} />
        </Stack>
      )}
    </Loaded>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap="xs" component="section" aria-label={title}>
      <Title order={2} size="h6">
        {title}
      </Title>
      {children}
    </Stack>
  )
}

function Waits({ waits }: { waits: Wait[] }) {
  const t = texts.use()
  useCodes()
  return (
    <Part title={t('waits')}>
      {waits.length === 0 && <Text size="sm">{t('waits_none')}</Text>}
      {waits.map((wait, index) => (
        <Card withBorder padding="sm" key={index} data-wait={wait.kind}>
          <Stack gap={6}>
            <Group gap="xs">
              <Badge variant="light" color={wait.kind === 'DEFECT' ? 'red' : undefined} tt="none">
                {t(`kind.${wait.kind as 'TASK'}`)}
              </Badge>
              {index === 0 && (
                <Badge variant="light" color="orange" tt="none">
                  {t('blocking')}
                </Badge>
              )}
            </Group>
            <Text size="sm" fw={index === 0 ? 600 : undefined} className="kite-words">
              {wait.title}
            </Text>
            <Text size="sm" className="kite-words">
              {wait.wayOut}
            </Text>
            <Facts
              rows={[
                [t('owner'), wait.owner?.name],
                [t('roles'), !wait.owner && wait.roles.map((role) => word('role', role)).join(', ')],
                [t('since'), wait.since && formatTime(wait.since)],
                [t('deadline'), wait.deadline && <Deadline at={wait.deadline} />],
              ]}
            />
            {wait.taskId !== '' && (
              <LinkAnchor to="/tasks/$" params={{ _splat: wait.taskId }} size="sm">
                {t('open_task')}
              </LinkAnchor>
            )}
          </Stack>
        </Card>
      ))}
    </Part>
  )
}

function Partners({ why }: { why: ExplainResponse }) {
  const t = texts.use()
  return (
    <Part title={t('partners')}>
      {why.partners.map((partner) => (
        <div key={partner.code} data-partner={partner.code}>
          <Text size="sm">
            <b>{partner.title}</b>:{' '}
            {partner.lastSuccessAt ? t('answers', { time: formatTime(partner.lastSuccessAt) }) : t('never')}
          </Text>
          {partner.lastFailure !== '' && (
            <Text size="sm" className="kite-words">
              {partner.lastFailure} ({formatTime(partner.lastFailureAt)})
            </Text>
          )}
          {partner.holds.map((hold) => (
            <HoldLine key={String(hold.id)} hold={hold} />
          ))}
        </div>
      ))}
    </Part>
  )
}

function Failures({ why }: { why: ExplainResponse }) {
  const t = texts.use()
  return (
    <Part title={t('failures')}>
      {why.failures.length === 0 ? (
        <Text size="sm">{t('failures_none')}</Text>
      ) : (
        <List size="sm">
          {why.failures.map((failure, index) => (
            <List.Item key={index} className="kite-words">
              {failure.at && `${formatTime(failure.at)}: `}
              {failure.text}
              {failure.activity !== '' && (
                <Text span size="xs" className="kite-mono">
                  {' '}
                  {failure.activity}
                </Text>
              )}
            </List.Item>
          ))}
        </List>
      )}
    </Part>
  )
}

/** What came from outside for this run; facts that fit nowhere wait for a person. */
function Arrived({ why }: { why: ExplainResponse }) {
  const t = texts.use()
  return (
    <>
      {why.unmatched.length > 0 && (
        <Part title={t('unmatched')}>
          <List size="sm">
            {why.unmatched.map((fact) => (
              <List.Item key={String(fact.id)} className="kite-words">
                {formatTime(fact.keptAt)}, {fact.source}: {fact.reason}
              </List.Item>
            ))}
          </List>
          <LinkAnchor to="/ops" search={{ tab: 'unmatched' }} size="sm">
            {t('to_unmatched')}
          </LinkAnchor>
        </Part>
      )}
      {why.inbox.length > 0 && (
        <Part title={t('inbox')}>
          <List size="sm">
            {why.inbox.map((message) => (
              <List.Item key={String(message.id)} className="kite-words">
                {formatTime(message.receivedAt)}, {message.source}: {t(`arrived.${message.state as 'NEW'}`)}
                {message.error !== '' && ` (${message.error})`}
              </List.Item>
            ))}
          </List>
        </Part>
      )}
    </>
  )
}
