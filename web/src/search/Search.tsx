import { ActionIcon, Button, Kbd } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { lazy, Suspense, useState } from 'react'

import { app } from '@/app/appTexts'
import { Icon } from '@/ui/Icon'

// Loaded when somebody searches for the first time: the entry stays small.
const Palette = lazy(() => import('./Palette'))

/** Search over everything, from anywhere: the button in the header and Ctrl+K. */
export function SearchButton() {
  const t = app.use()
  const [asked, setAsked] = useState(0)
  const ask = () => setAsked((times) => times + 1)
  useHotkeys([['mod+K', ask, { usePhysicalKeys: true }]], [])
  return (
    <>
      <Button
        variant="default"
        size="xs"
        visibleFrom="sm"
        leftSection={<Icon name="search" size={14} />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        onClick={ask}
      >
        {t('search')}
      </Button>
      <ActionIcon
        variant="default"
        size="lg"
        hiddenFrom="sm"
        ml="auto"
        aria-label={t('search')}
        onClick={ask}
      >
        <Icon name="search" />
      </ActionIcon>
      {asked > 0 && (
        <Suspense>
          <Palette asked={asked} />
        </Suspense>
      )}
    </>
  )
}
