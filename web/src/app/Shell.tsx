import { Group, Loader } from '@mantine/core'
import { lazy, Suspense } from 'react'

import { SignInPage } from '@/session/SignInPage'
import { useSessionState } from '@/session/use'
import { app } from './appTexts'

// Whoever has to sign in first need not wait for the whole workplace.
const Frame = lazy(() => import('./Frame'))

/** The sign-in, or the frame of every screen. */
export function Shell() {
  const state = useSessionState()
  if (state.kind === 'starting') return <Starting />
  if (state.kind === 'out') return <SignInPage />
  return (
    <Suspense fallback={<Starting />}>
      <Frame />
    </Suspense>
  )
}

function Starting() {
  const t = app.use()
  return (
    <Group justify="center" p="xl" role="status" aria-label={t('signing_in')}>
      <Loader />
    </Group>
  )
}
