import '@mantine/notifications/styles.css'

import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import type { ReactNode } from 'react'

/** Where dialogs and short messages appear; around everything that a signed-in person sees. */
export function Workplace({ children }: { children: ReactNode }) {
  return (
    <ModalsProvider>
      <Notifications position="bottom-right" limit={4} />
      {children}
    </ModalsProvider>
  )
}
