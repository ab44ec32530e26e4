import '@mantine/core/styles.css'
import '@/ui/styles.css'

import { TransportProvider } from '@connectrpc/connect-query'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'

import { queries } from '@/api/queries'
import { transport } from '@/api/channel'
import { session } from '@/session/session'
import { useSessionState } from '@/session/use'
import { Boundary } from './Boundary'
import { router } from './router'
import { language } from './texts'
import { schemes, theme } from './theme'

const SignInOverlay = lazy(() => import('@/session/SignInOverlay'))

/** The sign-in over the page of somebody whose session ended in the middle of work. */
function Expired() {
  return useSessionState().kind === 'expired' && <SignInOverlay />
}

document.documentElement.lang = language()

// The policy of the page allows the one style element that bears this answer's nonce.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
// Dialogs lock the scrolling of the page with a style element of their own; their library looks here for it.
Object.assign(globalThis, { __webpack_nonce__: nonce })

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
        <Boundary>
          <TransportProvider transport={transport}>
            <QueryClientProvider client={queries}>
              <RouterProvider router={router} />
              <Suspense>
                <Expired />
              </Suspense>
            </QueryClientProvider>
          </TransportProvider>
        </Boundary>
      </MantineProvider>
    </StrictMode>,
  )
}
