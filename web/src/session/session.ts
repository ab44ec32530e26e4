// Who is signed in. The access token lives in this module's memory and nowhere else; what survives a
// reload is the gateway's cookie, which scripts cannot read.

import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcWebTransport } from '@connectrpc/connect-web'

import { drafts } from '@/app/storage'
import { isNetwork } from '@/api/errors'
import { queries } from '@/api/queries'
import { SessionService, type Session } from '@/gen/kite/session/v1/session_pb'
import type { Timestamp } from '@bufbuild/protobuf/wkt'

export type State =
  | { kind: 'starting' }
  | { kind: 'out' }
  /** The token ran out in the middle of work: the page stays, the person signs in over it. */
  | { kind: 'expired'; session: Session }
  | { kind: 'in'; session: Session }

interface Grant {
  accessToken: string
  expiresAt?: Timestamp
  session?: Session
}

let state: State = { kind: 'starting' }
let token = ''
let expires = 0
let refreshing: Promise<boolean> | undefined
const listeners = new Set<() => void>()

/** Calls that need no token go straight out. */
export const open = createClient(
  SessionService,
  createGrpcWebTransport({ baseUrl: location.origin, defaultTimeoutMs: 15_000 }),
)

function become(next: State): void {
  state = next
  for (const listener of listeners) listener()
}

export const session = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  state: (): State => state,
  token: (): string => token,
  /** The token ends within half a minute. */
  isStale: (): boolean => token === '' || Date.now() > expires - 30_000,

  take(grant: Grant): void {
    if (!grant.session) return
    const before = state.kind === 'expired' ? state.session.person?.id : undefined
    token = grant.accessToken
    expires = grant.expiresAt ? timestampMs(grant.expiresAt) : 0
    // Somebody else signed in over the page of another person: nothing of theirs may stay.
    if (before !== undefined && before !== grant.session.person?.id) {
      forget()
      location.assign('/')
    }
    become({ kind: 'in', session: grant.session })
  },

  /** One renewal however many calls ask for it; false when the person has to sign in again. */
  renew(): Promise<boolean> {
    refreshing ??= open
      .refreshSession({})
      .then(
        (grant) => {
          session.take(grant)
          return true
        },
        (error: unknown) => {
          const refused = ConnectError.from(error).code === Code.Unauthenticated
          if (refused || state.kind === 'starting') session.lose()
          else if (!isNetwork(error) && !passing(error)) session.lose()
          return false
        },
      )
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  },

  lose(): void {
    token = ''
    become(
      state.kind === 'in' || state.kind === 'expired'
        ? { kind: 'expired', session: state.session }
        : { kind: 'out' },
    )
  },

  async signOut(): Promise<void> {
    try {
      await open.signOut({})
    } finally {
      token = ''
      forget()
      become({ kind: 'out' })
    }
  },
}

function passing(error: unknown): boolean {
  const code = ConnectError.from(error).code
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.ResourceExhausted
}

/** Nothing of one person stays for the next one at the same desk. */
function forget(): void {
  queries.clear()
  for (const key of drafts.keys()) drafts.remove(key)
}
