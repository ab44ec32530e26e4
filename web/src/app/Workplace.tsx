import '@mantine/notifications/styles.css'

import { MantineThemeProvider } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import type { ReactNode } from 'react'

import { workplaceTheme } from './workplaceTheme'

/** Where dialogs and short messages appear; around everything that a signed-in person sees. */
export function Workplace({ children }: { children: ReactNode }) {
  // On a phone the buttons of a form are at the bottom: messages must not lie over them.
  const phone = useMediaQuery('(max-width: 48em)')
  return (
    <MantineThemeProvider theme={workplaceTheme}>
      <ModalsProvider>
        <Notifications position={phone ? 'top-center' : 'bottom-right'} limit={phone ? 2 : 4} />
        {children}
      </ModalsProvider>
    </MantineThemeProvider>
  )
}
