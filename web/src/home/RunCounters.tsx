import { useQuery } from '@connectrpc/connect-query'
import { Stack, Text } from '@mantine/core'

import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import classes from './Home.module.css'
import { Section } from './Section'
import { home } from './texts'
import { Tile } from './Tile'

/** Runs that go on, by stage; every number leads to its list. */
export function RunCounters() {
  const t = home.use()
  useCodes()
  const query = useQuery(BuyoutService.method.countBuyouts, { filter: { active: true } })
  return (
    <Section
      title={t('runs')}
      action={
        <LinkAnchor to="/board" size="sm">
          {t('to_board')}
        </LinkAnchor>
      }
    >
      <Loaded query={query}>
        {({ counts }) => {
          const found = counts.filter((each) => each.count > 0n)
          const all = found.reduce((sum, each) => sum + Number(each.count), 0)
          const late = found.reduce((sum, each) => sum + Number(each.overdue), 0)
          if (all === 0) return <Text size="sm">{t('runs_none')}</Text>
          return (
            <Stack gap="sm">
              <div className={classes.tiles}>
                <Tile to="/buyouts" search={{}} label={t('runs_total')} count={all} />
                <Tile to="/buyouts" search={{ overdue: true }} label={t('overdue')} count={late} late />
              </div>
              <ul className={classes.rows} aria-label={t('stage')}>
                {found.map((each) => (
                  <li key={each.stage}>
                    <LinkAnchor
                      to="/buyouts"
                      search={{ stages: [each.stage] }}
                      size="sm"
                      className={classes.text}
                    >
                      {each.title || word('stage', each.stage)}
                    </LinkAnchor>
                    <span className={classes.side}>
                      {each.overdue > 0n && (
                        <LinkAnchor
                          to="/buyouts"
                          search={{ stages: [each.stage], overdue: true }}
                          size="sm"
                          className={classes.late}
                          c="var(--kite-late)"
                        >
                          {t('late', { count: Number(each.overdue) })}
                        </LinkAnchor>
                      )}
                      <Text span size="sm" fw={600}>
                        {String(each.count)}
                      </Text>
                    </span>
                  </li>
                ))}
              </ul>
            </Stack>
          )
        }}
      </Loaded>
    </Section>
  )
}
