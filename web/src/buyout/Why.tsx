import { Anchor } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { lazy, Suspense } from 'react'

import { buyout as texts } from './texts'

const WhyStuck = lazy(() => import('@/ops/WhyStuck'))

/** The question that everybody asks of a run that waits; the answer is read when it is asked. */
export function Why({ buyoutId }: { buyoutId: string }) {
  const t = texts.use()
  const [open, { toggle }] = useDisclosure()
  return (
    <>
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="left"
        aria-expanded={open}
        className="kite-screen-only"
        onClick={toggle}
      >
        {t(open ? 'why_hide' : 'why')}
      </Anchor>
      {open && (
        <Suspense>
          <WhyStuck buyoutId={buyoutId} />
        </Suspense>
      )}
    </>
  )
}
