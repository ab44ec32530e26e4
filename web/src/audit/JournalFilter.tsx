import { Button, Group, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'

import { EVERYTHING, type Filter } from './filter'
import { audit as texts } from './texts'

const PAUSE_MS = 300
const FIELDS = ['action', 'person', 'entity', 'run', 'chain'] as const

/** What is looked for; the search follows the typing. */
export function JournalFilter({ change }: { change: (filter: Filter) => void }) {
  const t = texts.use()
  const [typed, setTyped] = useState(EVERYTHING)
  const send = useDebouncedCallback(change, PAUSE_MS)
  const set = (part: Partial<Filter>) => {
    const next = { ...typed, ...part }
    setTyped(next)
    send(next)
  }
  return (
    <Group gap="sm" align="flex-end" component="search">
      {FIELDS.map((field) => (
        <TextInput
          key={field}
          label={t(field)}
          placeholder={field === 'action' ? t('action_hint') : undefined}
          w={210}
          maxLength={200}
          value={typed[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      ))}
      {(['from', 'to'] as const).map((field) => (
        <TextInput
          key={field}
          type="date"
          label={t(field)}
          value={typed[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      ))}
      <Button variant="subtle" onClick={() => set(EVERYTHING)}>
        {t('reset')}
      </Button>
    </Group>
  )
}
