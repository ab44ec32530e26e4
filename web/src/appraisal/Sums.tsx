import type { PreviewAppraisalResponse } from '@/gen/kite/buyout/v1/buyout_pb'
import { word } from '@/ui/codes'
import { formatMoney } from '@/ui/money'
import classes from './Appraise.module.css'
import { repairTotal, type Draft } from './draft'
import { appraisal as texts } from './texts'

/** The sums once more, before they are sent. */
export function Sums({ draft, preview }: { draft: Draft; preview?: PreviewAppraisalResponse }) {
  const t = texts.use()
  const rows: [string, string][] = [
    [t('buyout_price'), formatMoney(draft.buyoutPrice)],
    [t('stop_price'), formatMoney(draft.stopPrice)],
    [t('forecast_price'), formatMoney(draft.forecastPrice)],
    [t('channel'), draft.channel ? word('channel', draft.channel) : '—'],
    [t('repair_total'), formatMoney(repairTotal(draft.lines))],
    ...(preview?.category ? [[t('category'), preview.category] as [string, string]] : []),
  ]
  return (
    <>
      {rows.map(([name, value]) => (
        <span key={name} className={classes.line}>
          {`${name}: `}
          <b>{value}</b>
        </span>
      ))}
      {(preview?.approvalReasons.length ?? 0) > 0 && (
        <span className={classes.line}>
          {t('approval_line', { reasons: preview?.approvalReasons.join('; ') ?? '' })}
        </span>
      )}
    </>
  )
}
