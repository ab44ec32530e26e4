import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core'

import { readAgain } from '@/api/queries'
import { OpsService, type Finding } from '@/gen/kite/ops/v1/ops_pb'
import { useMe } from '@/session/use'
import { confirmReason } from '@/ui/confirmReason'
import { Facts } from '@/ui/Facts'
import { LinkAnchor } from '@/ui/links'
import { done, failed } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { ops as texts } from './texts'

/** One difference: both values, what to do, who works on it, and how it ended. */
export function FindingCard({ finding }: { finding: Finding }) {
  const t = texts.use()
  return (
    <Card withBorder padding="sm" data-finding={finding.kind} component="article" aria-label={finding.title}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start">
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {finding.title}
            </Text>
            {finding.buyoutId === '' ? (
              finding.dealId > 0n && <Text size="sm">{`${t('deal')} ${finding.dealId}`}</Text>
            ) : (
              <LinkAnchor
                to="/buyouts/$id"
                params={{ id: finding.buyoutId }}
                search={{ tab: 'engine' }}
                size="sm"
              >
                {`${t('run')} ${finding.dealId > 0n ? finding.dealId : finding.buyoutId}`}
              </LinkAnchor>
            )}
          </Group>
          {!finding.settledAt && <Actions finding={finding} />}
        </Group>
        <Facts
          rows={[
            [t('ours'), finding.ours],
            [t('theirs', { system: finding.system }), finding.theirs],
            [t('proposal'), finding.proposal],
          ]}
        />
        <Text size="xs" c="dimmed">
          {t('found', { found: formatTime(finding.foundAt), seen: formatTime(finding.seenAt) })}
        </Text>
        <Ending finding={finding} />
      </Stack>
    </Card>
  )
}

function Ending({ finding }: { finding: Finding }) {
  const t = texts.use()
  if (finding.settledAt) {
    const time = formatTime(finding.settledAt)
    return (
      <Text size="sm" className="kite-words">
        {finding.settledBy
          ? t('finding_closed', { time, name: finding.settledBy.name, text: finding.settlement })
          : t('finding_gone', { time })}
      </Text>
    )
  }
  if (!finding.claimedBy) return null
  return (
    <Badge variant="light" tt="none">
      {t('claimed_by', { name: finding.claimedBy.name, time: formatTime(finding.claimedAt) })}
    </Badge>
  )
}

function Actions({ finding }: { finding: Finding }) {
  const t = texts.use()
  const me = useMe()
  const transport = useTransport()
  const ops = () => createClient(OpsService, transport)
  const claim = async () => {
    try {
      await ops().claimFinding({ id: finding.id })
      done(t('claimed'))
      readAgain()
    } catch (error) {
      failed(error)
    }
  }
  const settle = () =>
    confirmReason({
      title: t('finding_settle_title'),
      text: t('finding_settle_text'),
      confirm: t('finding_settle'),
      run: async (settlement) => {
        await ops().settleFinding({ id: finding.id, settlement })
        done(t('finding_settled'))
        readAgain()
      },
    })
  return (
    <Group gap="xs">
      {!finding.claimedBy && me.may('kite.ops.v1.OpsService/ClaimFinding') && (
        <Button size="xs" variant="default" onClick={() => void claim()}>
          {t('claim')}
        </Button>
      )}
      {me.may('kite.ops.v1.OpsService/SettleFinding') && (
        <Button size="xs" onClick={settle}>
          {t('finding_settle')}
        </Button>
      )}
    </Group>
  )
}
