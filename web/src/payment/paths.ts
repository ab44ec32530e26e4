/** Fields of RequisitesFields by path of the API. */
export const REQUISITES_PATHS = [
  'requisites.recipient_name',
  'requisites.sbp',
  'requisites.sbp.phone',
  'requisites.sbp.bank_id',
  'requisites.account.account',
  'requisites.account.bic',
  'requisites.account.correspondent_account',
  'requisites.account.bank_name',
  'requisites.account.inn',
]
