import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'

import { problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { buyouts } from '@/api/transport'
import { useDraft } from '@/app/useDraft'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { formatTime } from '@/ui/time'
import classes from './Chat.module.css'
import { added, lengthOf, marked, MOST, pending, restored, type Outgoing } from './outbox'
import { chat as texts } from './texts'

/** What appraiser and buyout desk write to each other about a run. */
export function Chat({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const me = useMe()
  const id = buyout.summary?.id ?? ''
  const zone = buyout.summary?.timeZone
  const [box, setBox] = useDraft<Outgoing[]>(`chat-out:${id}`, [])
  const end = useRef<HTMLDivElement>(null)
  const waiting = pending(box, buyout.chat, me.id)
  const last = buyout.chat.at(-1)?.number ?? 0

  const cut = useRef(box.some((each) => each.state === 'sending'))
  useEffect(() => {
    if (cut.current) setBox(restored)
    cut.current = false
  }, [setBox])
  useEffect(() => {
    if (waiting.length < box.length) setBox((old) => pending(old, buyout.chat, me.id))
  }, [waiting.length, box.length, buyout.chat, me.id, setBox])
  // The newest message is what one comes for; only the list scrolls, not the page.
  useEffect(() => {
    const list = end.current
    if (list) list.scrollTop = list.scrollHeight
  }, [buyout.chat.length, waiting.length])

  const send = async (request: string, text: string) => {
    try {
      await buyouts.postMessage({ id, text, requestId: request })
      setBox((old) => marked(old, request, 'sent'))
      readAgain()
    } catch (error) {
      setBox((old) => marked(old, request, 'failed', problem(error).text))
    }
  }
  const begin = (text: string) => {
    const request = crypto.randomUUID()
    setBox((old) => added(old, request, text, last))
    void send(request, text)
  }
  const again = (message: Outgoing) => {
    setBox((old) => marked(old, message.id, 'sending'))
    void send(message.id, message.text)
  }
  const drop = (message: Outgoing) => setBox((old) => old.filter((each) => each.id !== message.id))

  return (
    <Stack gap="xs">
      <div className={classes.list} ref={end} role="log" aria-label={t('chat')} tabIndex={0}>
        {buyout.chat.length === 0 && waiting.length === 0 && <Text size="sm">{t('none')}</Text>}
        {buyout.chat.map((message) => (
          <div
            key={message.number}
            className={classes.message}
            data-mine={message.author?.id === me.id || undefined}
          >
            <Text size="xs">
              {message.author?.id === me.id ? t('me') : message.author?.name}
              {`, ${formatTime(message.at, zone)}`}
            </Text>
            <Text size="sm" className="kite-words">
              {message.text}
            </Text>
          </div>
        ))}
        {waiting.map((message) => (
          <div key={message.id} className={classes.message} data-mine data-state={message.state}>
            <Text size="xs" role="status">
              {message.state === 'failed' ? `${t('not_sent')}. ${message.error}` : t(message.state)}
            </Text>
            <Text size="sm" className="kite-words">
              {message.text}
            </Text>
            {message.state === 'failed' && (
              <Group gap={6} mt={4}>
                <Button size="compact-xs" variant="default" onClick={() => again(message)}>
                  {t('again')}
                </Button>
                <Button size="compact-xs" variant="default" onClick={() => drop(message)}>
                  {t('drop')}
                </Button>
              </Group>
            )}
          </div>
        ))}
      </div>
      {buyout.summary?.endedAt ? (
        <Alert variant="light" color="gray" p="xs">
          {t('closed')}
        </Alert>
      ) : me.may('kite.buyout.v1.BuyoutService/PostMessage') ? (
        <Writing id={id} send={begin} />
      ) : (
        <Text size="sm">{t('read_only')}</Text>
      )}
    </Stack>
  )
}

function Writing({ id, send }: { id: string; send: (text: string) => void }) {
  const t = texts.use()
  const [text, setText, clear] = useDraft(`chat:${id}`, '')
  const [focused, setFocused] = useState(false)
  const left = MOST - lengthOf(text)
  const ready = text.trim() !== '' && left >= 0
  const submit = () => {
    if (!ready) return
    send(text.trim())
    clear()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack gap={6}>
        <Textarea
          label={t('message')}
          description={focused ? t('hint') : undefined}
          autosize
          minRows={1}
          maxRows={10}
          value={text}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
            event.preventDefault()
            // A form around this one must not take it for its own.
            event.stopPropagation()
            submit()
          }}
          error={left < 0 ? t('over', { count: -left }) : undefined}
        />
        <Group justify="flex-end" gap="xs">
          {left >= 0 && left < 500 && (
            <Text size="xs" role="status">
              {t('left', { count: left })}
            </Text>
          )}
          <Button type="submit" size="xs" disabled={!ready}>
            {t('send')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
