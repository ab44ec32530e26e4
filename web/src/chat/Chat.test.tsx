import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drafts } from '@/app/storage'
import { buyouts } from '@/api/transport'
import { BuyoutSchema, PostMessageResponseSchema, type Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { SessionSchema } from '@/gen/kite/session/v1/session_pb'
import { session } from '@/session/session'
import { likeABrowser } from '@/ui/testing'
import { Chat } from './Chat'

const run = (chat: Buyout['chat'] = []) => create(BuyoutSchema, { summary: { id: 'buyout:p:1' }, chat })
const page = (buyout: Buyout) => (
  <MantineProvider env="test">
    <Chat buyout={buyout} />
  </MantineProvider>
)

describe('the chat of a run', () => {
  beforeEach(() => {
    drafts.keys().forEach((key) => drafts.remove(key))
    likeABrowser()
    session.take({
      accessToken: 'x',
      session: create(SessionSchema, {
        person: { id: 'me', name: 'Орлов' },
        actions: ['kite.buyout.v1.BuyoutService/PostMessage'],
      }),
    })
  })
  afterEach(() => {
    cleanup()
    vi.restoreAllMocks()
  })

  it('shows a message at once, tells that it was not sent, and sends it again under the same id', async () => {
    const post = vi
      .spyOn(buyouts, 'postMessage')
      .mockRejectedValueOnce(new ConnectError('Сервис занят.', Code.Unavailable))
      .mockResolvedValueOnce(create(PostMessageResponseSchema))
    const shown = render(page(run()))
    const field = screen.getByLabelText<HTMLTextAreaElement>('Сообщение')
    fireEvent.change(field, { target: { value: ' цена <b>будет</b> 🚗 ' } })
    fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true })
    expect(field.value).toBe('')
    expect(screen.getByText('цена <b>будет</b> 🚗')).toBeTruthy()
    await screen.findByText(/не отправлено. Сервис занят/)
    // The page is closed and opened: the message is still there to be sent.
    shown.unmount()
    const again = render(page(run()))
    fireEvent.click(screen.getByText('повторить'))
    await waitFor(() => expect(post).toHaveBeenCalledTimes(2))
    const [first, second] = post.mock.calls.map(([message]) => message)
    expect(second).toEqual(first)
    await screen.findByText('отправлено')
    again.rerender(
      page(
        create(BuyoutSchema, {
          summary: { id: 'buyout:p:1' },
          chat: [{ number: 1, author: { id: 'me', name: 'Орлов' }, text: 'цена <b>будет</b> 🚗' }],
        }),
      ),
    )
    await waitFor(() => expect(screen.queryByText('отправлено')).toBeNull())
    expect(screen.getAllByText('цена <b>будет</b> 🚗')).toHaveLength(1)
  })

  it('takes no more than 4 000 characters and says how many are too many', () => {
    render(page(run()))
    fireEvent.change(screen.getByLabelText('Сообщение'), { target: { value: '🚗'.repeat(4_002) } })
    expect(screen.getByText('2 лишних знака')).toBeTruthy()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Отправить' }).disabled).toBe(true)
  })

  it('is closed when the run has ended', () => {
    render(page(create(BuyoutSchema, { summary: { id: 'b', endedAt: { seconds: 1n } } })))
    expect(screen.queryByLabelText('Сообщение')).toBeNull()
    expect(screen.getByText(/чат закрыт/)).toBeTruthy()
  })
})
