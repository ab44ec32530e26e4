import { lazy, Suspense } from 'react'

import type { Photo } from './Viewer'

const Viewer = lazy(() => import('./Viewer'))

/** Photos over the whole screen, with zoom and comparison; fetched when somebody opens one. */
export function FullView(props: { photos: Photo[]; at: number; onClose: () => void }) {
  return (
    <Suspense fallback={null}>
      <Viewer {...props} />
    </Suspense>
  )
}
