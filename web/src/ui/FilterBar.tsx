import { Button, CloseButton, Group, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { useState, type ReactNode } from 'react'

import { Icon } from './Icon'
import { list as texts } from './listTexts'
import { usePhone } from './usePhone'

/** Above a list: the search box is the filter, the rest narrows it; on a phone the rest is folded away. */
export function FilterBar({
  text,
  onText,
  placeholder,
  count,
  reset,
  saved,
  children,
}: {
  text: string | undefined
  onText: (text: string | undefined) => void
  placeholder: string
  /** Filters that are set, the text not counted. */
  count: number
  reset: () => void
  saved?: ReactNode
  children: ReactNode
}) {
  const t = texts.use()
  const phone = usePhone()
  const [open, { toggle }] = useDisclosure()
  return (
    <Group gap="xs" align="flex-end" component="search" className="kite-screen-only">
      <Search text={text ?? ''} onText={onText} placeholder={placeholder} />
      {phone && (
        <Button variant="default" leftSection={<Icon name="filter" />} onClick={toggle} aria-expanded={open}>
          {count > 0 ? t('filters_on', { count }) : t('filters')}
        </Button>
      )}
      {saved}
      {(!phone || open) && children}
      {(count > 0 || text) && (
        <Button variant="subtle" size="sm" onClick={reset}>
          {t('reset')}
        </Button>
      )}
    </Group>
  )
}

const PAUSE_MS = 300

function Search({
  text,
  onText,
  placeholder,
}: {
  text: string
  onText: (text: string | undefined) => void
  placeholder: string
}) {
  const t = texts.use()
  // What is typed over what the address says; another address brings another text.
  const [typed, setTyped] = useState<{ over: string; text: string; sent?: string }>({ over: text, text })
  if (typed.sent === text) setTyped({ over: text, text: typed.text })
  const shown = typed.over === text || typed.sent === text ? typed.text : text
  const send = useDebouncedCallback((next: string) => {
    setTyped((old) => ({ ...old, sent: next }))
    onText(next === '' ? undefined : next)
  }, PAUSE_MS)
  const change = (next: string) => {
    setTyped({ over: text, text: next })
    send(next.trim())
  }
  return (
    <TextInput
      type="search"
      aria-label={placeholder}
      placeholder={placeholder}
      leftSection={<Icon name="search" />}
      flex={{ base: '1 1 100%', sm: '1 1 220px' }}
      maw={{ sm: 420 }}
      maxLength={200}
      value={shown}
      onChange={(event) => change(event.currentTarget.value)}
      rightSection={
        shown !== '' && <CloseButton size="sm" aria-label={t('clear')} onClick={() => change('')} />
      }
    />
  )
}
