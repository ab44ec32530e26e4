// The stack that the tests run against: started by tests/it/browser.rs, which names it in KITE_E2E.

export interface Deal {
  /** Workflow id of the run. */
  id: string
  deal: number
  car: {
    identifier: string
    frame: boolean
    mileageKm: number
    owner: string
    birthdate: string
    phone: string
    passportSeries: string
    passportNumber: string
  }
}

export interface World {
  /** Address of the gateway, without a slash at the end. */
  url: string
  /** Control port of the simulated partners. */
  control: string
  /** The simulated portal, over HTTPS. */
  portal: string
  password: string
  city: string
  /** member_id of the portal: part of a run's id. */
  member: string
  /** Deals that were played up to some stage before the browser came. */
  deals: Record<string, Deal>
}

export const world: World = JSON.parse(process.env.KITE_E2E ?? '{}') as World

if (!world.url) {
  throw new Error('KITE_E2E is not set: the browser tests are run by `make test` (tests/it/browser.rs)')
}
