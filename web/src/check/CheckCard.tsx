import { Badge, Card, Group, List, Loader, Stack, Text, VisuallyHidden } from '@mantine/core'

import { useNow } from '@/ui/Deadline'
import { useCodes, word } from '@/ui/codes'
import { formatTime, fromNow } from '@/ui/time'
import classes from './Checks.module.css'
import { RawAnswer } from './RawAnswer'
import type { Standing } from './sources'
import { check as texts } from './texts'

const SIGNS: Record<string, string> = { CLEAR: '✓', ATTENTION: '!', REMOVABLE: '!', FATAL: '✕', UNKNOWN: '?' }

/** The sign alone where there is no room for the word; it is said and shown on hover. */
export function OutcomeSign({ outcome }: { outcome: string }) {
  return (
    <span className={classes.sign} data-outcome={outcome} title={word('outcome', outcome)}>
      <span aria-hidden>{SIGNS[outcome]}</span>
      <VisuallyHidden>{word('outcome', outcome)}</VisuallyHidden>
    </span>
  )
}

/** What was found, in a word and with a sign: never by colour alone. */
function Outcome({ outcome }: { outcome: string }) {
  return (
    <Badge className={classes.outcome} data-outcome={outcome}>
      {`${SIGNS[outcome] ?? ''} ${word('outcome', outcome)}`.trim()}
    </Badge>
  )
}

/** One registry's answer: from whom, when, what it means, and word for word. */
export function CheckCard({ at: stands, zone }: { at: Standing; zone?: string }) {
  const t = texts.use()
  useCodes()
  const now = useNow()
  const { kind, check, asking, state } = stands
  const name = word('check', kind)
  return (
    <Card withBorder padding="sm" className={classes.card} data-outcome={check?.outcome}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Text fw={600} size="sm">
            {name}
          </Text>
          <Group gap={6}>
            {check?.stale && (
              <Badge variant="outline" color="gray" className={classes.outcome}>
                {t('stale')}
              </Badge>
            )}
            {check && <Outcome outcome={check.outcome} />}
            {!check && !asking && <Badge className={classes.outcome}>{t('unasked')}</Badge>}
          </Group>
        </Group>
        {asking && (
          <Group gap={6} role="status">
            <Loader size={14} />
            <Text size="sm">{t(check ? 'asking_again' : 'asking')}</Text>
          </Group>
        )}
        {state === 'silent' && <Text size="sm">{t('silent_text')}</Text>}
        {check && check.findings.length > 0 && (
          <List size="sm" spacing={2}>
            {check.findings.map((finding, index) => (
              <List.Item key={index} className="kite-words">
                {finding}
              </List.Item>
            ))}
          </List>
        )}
        {check && check.findings.length === 0 && state === 'answered' && (
          <Text size="sm">{t('no_findings')}</Text>
        )}
        {check && (
          <Text size="xs">
            {t('source_line', {
              source: check.source,
              time: formatTime(check.takenAt, zone),
              ago: check.takenAt ? fromNow(check.takenAt, now) : '',
            })}
          </Text>
        )}
        {check?.raw && <RawAnswer file={check.raw} name={name} />}
      </Stack>
    </Card>
  )
}
