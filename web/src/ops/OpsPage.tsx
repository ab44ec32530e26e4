import { Stack, Tabs, Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'

import { Inbox } from './Inbox'
import { Partners } from './Partners'
import { Runs } from './Runs'
import { ops as texts } from './texts'
import { UnmatchedList } from './Unmatched'

const TABS = ['runs', 'partners', 'inbox', 'unmatched'] as const

/** How runs, partners and the inbox are, for those who keep Kite running. */
export default function OpsPage() {
  const t = texts.use()
  const { tab } = useSearch({ from: '/shell/ops' })
  const navigate = useNavigate({ from: '/ops' })
  const active = TABS.find((each) => each === tab) ?? 'runs'
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      <Tabs
        value={active}
        keepMounted={false}
        onChange={(next) =>
          void navigate({ search: (old) => ({ ...old, tab: next ?? undefined }), replace: true })
        }
      >
        <Tabs.List className="kite-scroll">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`tab_${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="runs" pt="md">
          <Runs />
        </Tabs.Panel>
        <Tabs.Panel value="partners" pt="md">
          <Partners />
        </Tabs.Panel>
        <Tabs.Panel value="inbox" pt="md">
          <Inbox />
        </Tabs.Panel>
        <Tabs.Panel value="unmatched" pt="md">
          <UnmatchedList />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
