// Which form decides which kind of task. Each is loaded when a task of its kind is opened.

import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

import type { FormProps } from './form'

type Form = LazyExoticComponent<ComponentType<FormProps>>

const load = (from: () => Promise<{ default: ComponentType<FormProps> }>): Form => lazy(from)
const trouble = load(() => import('@/ops/TroubleForm'))

export const FORMS: Record<string, Form> = {
  ASSIGN_INSPECTOR: load(() => import('@/dispatch/AssignInspectorForm')),
  INSPECT: load(() => import('@/inspection/InspectForm')),
  RESOLVE_MISMATCH: load(() => import('@/check/ResolveMismatchForm')),
  DECIDE_SOURCES: load(() => import('@/check/DecideSourcesForm')),
  AWAIT_REMOVAL: load(() => import('@/check/AwaitRemovalForm')),
  APPRAISE: load(() => import('@/appraisal/AppraiseForm')),
  APPROVE_PRICE: load(() => import('@/appraisal/ApprovePriceForm')),
  OFFER_TO_CLIENT: load(() => import('@/offer/OfferToClientForm')),
  BARGAIN: load(() => import('@/offer/BargainForm')),
  COLLECT_PAPERS: load(() => import('@/document/CollectPapersForm')),
  VERIFY_PAPERS: load(() => import('@/document/VerifyPapersForm')),
  SIGN_CONTRACT: load(() => import('@/document/SignContractForm')),
  APPROVE_PAYMENT: load(() => import('@/payment/ApprovePaymentForm')),
  RESOLVE_OWN_WORK: load(() => import('@/payment/ResolveOwnWorkForm')),
  FIX_REQUISITES: load(() => import('@/payment/FixRequisitesForm')),
  SIGN_BANK_ORDER: load(() => import('@/payment/ApprovePaymentForm')),
  CONFIRM_PAYMENT: load(() => import('@/payment/ConfirmPaymentForm')),
  ACCOUNTING_TROUBLE: trouble,
  PARTNER_TROUBLE: trouble,
  UNDO_TROUBLE: trouble,
}
