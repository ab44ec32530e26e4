import { useQuery } from '@connectrpc/connect-query'
import { Badge, Stack, Text } from '@mantine/core'

import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { Icon } from '@/ui/Icon'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { RecordLink } from '@/ui/record'
import { formatTime } from '@/ui/time'
import classes from './Home.module.css'
import { Section } from './Section'
import { home } from './texts'

/** What is wrong right now, for those who keep the platform running. */
export function Trouble() {
  const t = home.use()
  const runs = useQuery(BuyoutService.method.listBuyouts, {
    troubled: true,
    active: true,
    order: 'STAGE_SINCE',
    ascending: true,
    page: { size: 5 },
  })
  const partners = useQuery(OpsService.method.listPartners, {})
  return (
    <Section
      title={t('trouble')}
      action={
        <LinkAnchor to="/ops" size="sm">
          {t('to_ops')}
        </LinkAnchor>
      }
    >
      <Stack gap="sm">
        <Loaded query={partners}>
          {({ partners: all }) => {
            const bad = all.filter(({ health }) => health === 'FAILING' || health === 'SILENT')
            if (bad.length === 0) return <Text size="sm">{t('partners_well')}</Text>
            return (
              <ul className={classes.rows} aria-label={t('partners')}>
                {bad.map((each) => (
                  <li key={each.code}>
                    <span className={classes.text}>
                      <b>{each.title}</b>{' '}
                      <Text size="xs" className="kite-words" lineClamp={2}>
                        {each.lastFailure}
                      </Text>
                    </span>
                    <span className={classes.side}>
                      <Badge
                        color="red"
                        variant="light"
                        tt="none"
                        leftSection={<Icon name="warning" size={12} />}
                      >
                        {each.health === 'SILENT' ? t('partner.SILENT') : t('partner.FAILING')}
                      </Badge>
                      <Text span size="xs">
                        {t('last_failure', { time: formatTime(each.lastFailureAt) })}
                      </Text>
                    </span>
                  </li>
                ))}
              </ul>
            )
          }}
        </Loaded>
        <Loaded query={runs}>
          {({ buyouts, page }) =>
            buyouts.length === 0 ? (
              <Text size="sm">{t('trouble_none')}</Text>
            ) : (
              <>
                <ul className={classes.rows} aria-label={t('trouble_runs')}>
                  {buyouts.map((run) => (
                    <li key={run.id}>
                      <div className={classes.text}>
                        <RecordLink target={{ kind: 'buyout', id: run.id }}>
                          {run.car || run.identifier || String(run.dealId)}
                        </RecordLink>
                        <Text size="xs" className="kite-words" lineClamp={2}>
                          {run.trouble}
                        </Text>
                      </div>
                      <Text size="xs" className={classes.side}>
                        {run.stageTitle}
                      </Text>
                    </li>
                  ))}
                </ul>
                <LinkAnchor to="/buyouts" search={{ troubled: true }} size="sm">
                  {t('trouble_runs')}: {String(page?.total ?? buyouts.length)}
                </LinkAnchor>
              </>
            )
          }
        </Loaded>
      </Stack>
    </Section>
  )
}
