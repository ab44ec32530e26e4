import '@mantine/core/styles.css'
import '@mantine/dates/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import '@/ui/styles.css'

import { TransportProvider } from '@connectrpc/connect-query'
import { MantineProvider } from '@mantine/core'
import { DatesProvider } from '@mantine/dates'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import 'dayjs/locale/ru'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { queries } from '@/api/queries'
import { transport } from '@/api/transport'
import { session } from '@/session/session'
import { SignInOverlay } from '@/session/SignInOverlay'
import { Boundary } from './Boundary'
import { router } from './router'
import { language } from './texts'
import { schemes, theme } from './theme'

document.documentElement.lang = language()

// The policy of the page allows the one style element that bears this answer's nonce.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

// A portal's frame brings a ticket instead of a cookie, see embed/DealPage.
if (!location.pathname.startsWith('/embed/')) void session.renew()

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        colorSchemeManager={schemes}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <DatesProvider settings={{ locale: language(), firstDayOfWeek: 1 }}>
          <Boundary>
            <TransportProvider transport={transport}>
              <QueryClientProvider client={queries}>
                <ModalsProvider>
                  <Notifications position="bottom-right" limit={4} />
                  <RouterProvider router={router} />
                  <SignInOverlay />
                </ModalsProvider>
              </QueryClientProvider>
            </TransportProvider>
          </Boundary>
        </DatesProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
