import { useQuery } from '@connectrpc/connect-query'
import { List, Stack, Text } from '@mantine/core'

import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { split } from './allowed'
import { explain as texts } from './explainTexts'

/** Why a run does not go on, in short: what holds it up, what failed last, what the reader may do. */
export default function WhyStuck({ buyoutId }: { buyoutId: string }) {
  const t = texts.use()
  const query = useQuery(OpsService.method.explain, { buyoutId })
  return (
    <Loaded query={query}>
      {(why) => {
        const { mine } = split(why.actions)
        const [failure] = why.failures
        return (
          <Stack gap={6} component="section" aria-label={t('why')}>
            <Text size="sm" className="kite-words">
              {why.summary}
            </Text>
            {why.toldBy === 'RECORD' && <Text size="xs">{t('by_record')}</Text>}
            {failure && (
              <Text size="sm" className="kite-words">
                {t('failures')}: {failure.at && `${formatTime(failure.at)}, `}
                {failure.text}
              </Text>
            )}
            {mine.length > 0 && (
              <>
                <Text size="sm">{t('mine')}:</Text>
                <List size="sm">
                  {mine.map((action) => (
                    <List.Item key={`${action.code} ${action.taskId} ${action.partner}`}>
                      {action.title}
                    </List.Item>
                  ))}
                </List>
              </>
            )}
            <LinkAnchor to="/buyouts/$id" params={{ id: buyoutId }} search={{ tab: 'engine' }} size="sm">
              {t('more')}
            </LinkAnchor>
          </Stack>
        )
      }}
    </Loaded>
  )
}
