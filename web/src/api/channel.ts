// The one way to the gateway: token, request id, deadline, one shared renewal.

import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import { createGrpcWebTransport } from '@connectrpc/connect-web'

import { session } from '@/session/session'

const signed: Interceptor = (next) => async (request) => {
  request.header.set('x-request-id', crypto.randomUUID())
  if (session.isStale()) await session.renew()
  request.header.set('authorization', `Bearer ${session.token()}`)
  try {
    return await next(request)
  } catch (error) {
    const refused = ConnectError.from(error).code === Code.Unauthenticated
    // A stream comes back by itself, see live.ts; a call is made once more with the new token.
    if (!refused || request.stream) throw error
    if (!(await session.renew())) throw error
    request.header.set('authorization', `Bearer ${session.token()}`)
    return await next(request)
  }
}

export const transport = createGrpcWebTransport({
  baseUrl: location.origin,
  interceptors: [signed],
  defaultTimeoutMs: 15_000,
})
