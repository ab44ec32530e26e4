import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'

import { readAgain } from '@/api/queries'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { confirmReason } from '@/ui/confirmReason'
import { done } from '@/ui/notify'
import { held as texts } from './heldTexts'

interface Named {
  code: string
  title: string
}

/** Stopping and releasing a partner, each asked for once more. */
export function useHolding(): { hold: (partner: Named) => void; resume: (partner: Named) => void } {
  const t = texts.use()
  const transport = useTransport()
  const ops = () => createClient(OpsService, transport)
  return {
    hold: ({ code, title }) =>
      confirmReason({
        title: t('hold_title', { title }),
        text: t('hold_text'),
        confirm: t('hold'),
        danger: true,
        run: async (reason) => {
          await ops().holdPartner({ partner: code, reason })
          done(t('held', { title }))
          readAgain()
        },
      }),
    resume: ({ code, title }) =>
      confirmReason({
        title: t('resume_title', { title }),
        text: t('resume_text'),
        confirm: t('resume'),
        reason: 'none',
        run: async () => {
          await ops().resumePartner({ partner: code })
          done(t('resumed', { title }))
          readAgain()
        },
      }),
  }
}
