// Drives the simulated portal with the vendor's own JavaScript client.
// usage: NODE_EXTRA_CA_CERTS=<folder>/ca.pem node check.mjs CONTROL_URL

import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { B24Hook, B24OAuth } from '@bitrix24/b24jssdk'

const control = process.argv[2].replace(/\/$/, '')

async function person(path, body) {
  const request = body === undefined
    ? {}
    : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(`${control}/${path}`, request)
  const text = await answer.text()
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : {}
}

const step = (what) => console.log(`ok  ${what}`)

// What the portal posts to the application.
const installed = Promise.withResolvers?.() ?? (() => {
  const promise = {}
  promise.promise = new Promise((resolve) => { promise.resolve = resolve })
  return promise
})()
const server = http.createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  response.end('ok')
  installed.resolve(Object.fromEntries(new URLSearchParams(body)))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
await person('bitrix24/install', { handler: `http://127.0.0.1:${server.address().port}/install` })
const form = await installed.promise
const portal = await person('bitrix24/app')
step('install form')

const hook = B24Hook.fromWebhookUrl(portal.webhook.replace(/\/$/, ''))
hook.offClientSideWarning()
const make = async (b24, method, params = {}) => {
  const answer = await b24.actions.v2.call.make({ method, params })
  assert.ok(answer.isSuccess, `${method}: ${answer.getErrorMessages?.().join('; ')}`)
  return answer.getData().result
}
assert.equal((await make(hook, 'profile')).ID, '1')
step('call through a webhook')

const tokens = await person('bitrix24/tokens', {})
const oauth = new B24OAuth({
  applicationToken: form['auth[application_token]'],
  userId: 1,
  memberId: portal.member_id,
  accessToken: tokens.access_token,
  refreshToken: tokens.refresh_token,
  expires: tokens.expires,
  expiresIn: tokens.expires_in,
  scope: portal.scope.join(','),
  domain: portal.domain,
  clientEndpoint: portal.client_endpoint,
  serverEndpoint: portal.server_endpoint,
  status: 'L',
}, { clientId: portal.client_id, clientSecret: portal.client_secret })
assert.equal((await make(oauth, 'app.info')).STATUS, 'L')
step('call with a token')

let renewed = null
oauth.setCallbackRefreshAuth(async ({ b24OAuthParams }) => { renewed = b24OAuthParams })
await person('bitrix24/tokens/expire', {})
assert.equal((await make(oauth, 'profile')).ID, '1')
assert.notEqual(renewed.refreshToken, undefined)
assert.notEqual(renewed.accessToken, tokens.access_token)
step('expired token is renewed and rotated')

const { deal_id: deal } = await person('bitrix24/deals', { car: 'clean' })
const { item } = await make(oauth, 'crm.item.get', { entityTypeId: 2, id: deal, useOriginalUfNames: 'Y' })
assert.equal(item.id, deal)
assert.equal(item.UF_CRM_KITE_CONSENT, 'Y')
const task = await make(oauth, 'tasks.task.add', { fields: { TITLE: 'Check', RESPONSIBLE_ID: 11, UF_CRM_TASK: [`D_${deal}`] } })
assert.equal(task.task.responsibleId, '11')
await make(oauth, 'crm.timeline.comment.add', { fields: { ENTITY_ID: deal, ENTITY_TYPE: 'deal', COMMENT: 'Check' } })
assert.equal((await person(`bitrix24/deals/${deal}`)).comments.length, 1)
step('deal, task, comment')

const batch = await oauth.actions.v2.batch.make({
  calls: { deal: ['crm.deal.get', { id: deal }], contact: ['crm.contact.get', { id: '$result[deal][CONTACT_ID]' }] },
  options: { isHaltOnError: true, returnAjaxResult: false },
})
assert.ok(batch.isSuccess)
assert.equal(batch.getData().contact.ID, batch.getData().deal.CONTACT_ID)
step('batch with a reference')

const refused = await oauth.actions.v2.call.make({ method: 'crm.item.get', params: { entityTypeId: 2, id: 1 } })
  .then((answer) => answer.isSuccess, () => false)
assert.equal(refused, false)
step('an error is told as an error')

server.close()
console.log('all passed')
process.exit(0)
