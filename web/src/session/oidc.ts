// Authorization code with PKCE. The library is loaded when somebody uses it; tokens of the issuer stay in
// memory and are swapped for a session of the gateway at once.

import { createClient } from '@connectrpc/connect'
import { createGrpcWebTransport } from '@connectrpc/connect-web'

import { SessionService, type Issuer } from '@/gen/kite/session/v1/session_pb'
import { open, session } from './session'

const BACK = 'kite.sign-in.back'

async function manager(issuer: Issuer) {
  const { InMemoryWebStorage, UserManager, WebStorageStateStore } = await import('oidc-client-ts')
  return new UserManager({
    authority: issuer.issuer,
    client_id: issuer.clientId,
    redirect_uri: `${location.origin}/sign-in/callback`,
    response_type: 'code',
    scope: issuer.scopes.join(' ') || 'openid',
    // State and verifier must outlive the redirect; tokens must not.
    // eslint-disable-next-line no-restricted-globals
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: 'kite.oidc.' }),
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    automaticSilentRenew: false,
  })
}

export async function goToIssuer(issuer: Issuer): Promise<void> {
  const users = await manager(issuer)
  await users.signinRedirect({ state: { back: location.pathname + location.search, issuer: issuer.issuer } })
}

/** The issuer sent the person back: the code becomes a token, the token a session. Gives where to go on. */
export async function comeBack(): Promise<string> {
  const { issuers } = await open.getSignInOptions({})
  let refusal: unknown = new Error(BACK)
  for (const issuer of issuers) {
    try {
      const users = await manager(issuer)
      const user = await users.signinCallback()
      if (!user) continue
      const granted = createClient(
        SessionService,
        createGrpcWebTransport({
          baseUrl: location.origin,
          defaultTimeoutMs: 15_000,
          interceptors: [
            (next) => (request) => {
              request.header.set('authorization', `Bearer ${user.access_token}`)
              return next(request)
            },
          ],
        }),
      )
      session.take(await granted.startSession({}))
      const back = (user.state as { back?: string } | undefined)?.back
      return back?.startsWith('/') && !back.startsWith('//') ? back : '/'
    } catch (error) {
      refusal = error
    }
  }
  throw refusal
}
