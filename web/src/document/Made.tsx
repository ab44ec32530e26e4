import { Card, Stack, Tabs, Title } from '@mantine/core'
import { useState } from 'react'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { FileView } from '@/ui/FileView'
import { valid } from './papers'
import { document as texts } from './texts'

/** The contract and the act that are to be signed, as they stand now, in the page. */
export function Made({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const made = valid(buyout.documents)
  const [chosen, setChosen] = useState<string>()
  const shown = made.find(({ kind }) => kind === chosen) ?? made[0]
  if (!shown) return null
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t('read_contract')}
        </Title>
        <Tabs value={shown.kind} onChange={(kind) => setChosen(kind ?? undefined)}>
          <Tabs.List aria-label={t('read_contract')}>
            {made.map(({ kind, number }) => (
              <Tabs.Tab key={kind} value={kind}>
                {word('document', kind)} {number}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs>
        {shown.file && (
          <FileView
            key={shown.file.id}
            file={shown.file}
            name={`${word('document', shown.kind)} ${shown.number}`}
          />
        )}
      </Stack>
    </Card>
  )
}
