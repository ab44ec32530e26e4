import { Button, Group, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { EmptyState } from '@/ui/EmptyState'
import { useSearchTab } from '@/ui/useSearchTab'
import { CheckCard, OutcomeSign } from './CheckCard'
import { gravest, SOURCES, standing, worst } from './sources'
import { check as texts } from './texts'
import { useRepeat } from './useRepeat'

const KEYS = SOURCES.map(({ key }) => key)

/** What the registries say of the car and its owner, one tab a source; any of them can be asked again. */
export function Checks({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const me = useMe()
  // Where the gravest finding was when the page was opened: answers that arrive do not change the tab.
  const [first] = useState(() => gravest(buyout))
  const [tab, setTab] = useSearchTab('item', KEYS, first)
  const { allowed, busy, repeat } = useRepeat(buyout)
  if (!me.may('price.see')) return <EmptyState kind="forbidden" text={t('hidden')} />
  const zone = buyout.summary?.timeZone
  const asking = buyout.checksRunning.length
  return (
    <Stack gap="xs">
      {(allowed || asking > 0) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" role="status">
            {asking > 0 ? t('asking_count', { count: asking }) : ''}
          </Text>
          {allowed && (
            <Button
              size="xs"
              variant="default"
              loading={busy}
              onClick={() => void repeat([])}
              className="kite-screen-only"
            >
              {t('repeat_all')}
            </Button>
          )}
        </Group>
      )}
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List>
          {SOURCES.map(({ key, kinds }) => {
            const outcome = worst(buyout, kinds)
            return (
              <Tabs.Tab
                key={key}
                value={key}
                rightSection={
                  outcome !== undefined && outcome !== 'CLEAR' && <OutcomeSign outcome={outcome} />
                }
              >
                {t(`source_${key}`)}
              </Tabs.Tab>
            )
          })}
        </Tabs.List>
        {SOURCES.map(({ key, kinds }) => (
          <Tabs.Panel key={key} value={key} pt="sm">
            <Stack gap="xs">
              {kinds.map((kind) => (
                <CheckCard key={kind} at={standing(buyout, kind)} zone={zone} />
              ))}
              {allowed && (
                <Group>
                  <Button
                    size="xs"
                    variant="default"
                    loading={busy}
                    disabled={kinds.every((kind) => buyout.checksRunning.includes(kind))}
                    onClick={() => void repeat(kinds)}
                    aria-label={`${t('repeat')}: ${kinds.map((kind) => word('check', kind)).join(', ')}`}
                  >
                    {t('repeat')}
                  </Button>
                </Group>
              )}
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  )
}
