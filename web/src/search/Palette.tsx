import '@mantine/spotlight/styles.css'

import { useQuery } from '@connectrpc/connect-query'
import { Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

import { problem } from '@/api/errors'
import { app } from '@/app/appTexts'
import { sectionsOf } from '@/app/nav'
import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { TaskService } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { Icon } from '@/ui/Icon'
import { useOpenRecord } from '@/ui/record'
import { keepRecent, recent, wanted, type Recent } from './recent'
import { search as texts } from './texts'

const [store, spotlight] = createSpotlight()

/** Answers come after the typing: the first of them is chosen then, so that Enter opens it. */
function chooseFirst(): void {
  const found = document.getElementById(store.getState().listId)
  found?.querySelector('[data-selected]')?.removeAttribute('data-selected')
  found?.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
  store.setState({ ...store.getState(), selected: 0 })
}

interface Found extends Recent {
  about: string
}

/** The search itself: runs, tasks and sections by what one remembers of them. */
export default function Palette({ asked }: { asked: number }) {
  const t = texts.use()
  const me = useMe()
  const [typed, setTyped] = useState('')
  const openRecord = useOpenRecord()
  const navigate = useNavigate()
  useEffect(() => spotlight.open(), [asked])
  const open = (found: Recent) => {
    keepRecent(me.id, found)
    setTyped('')
    openRecord(found)
  }
  const text = wanted(typed)
  const kept = recent(me.id)
  return (
    <Spotlight.Root
      store={store}
      query={typed}
      onQueryChange={setTyped}
      shortcut={null}
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search
        placeholder={t('placeholder')}
        aria-label={t('placeholder')}
        leftSection={<Icon name="search" />}
        maxLength={100}
      />
      <Spotlight.ActionsList>
        {text === '' && kept.length > 0 && (
          <Spotlight.ActionsGroup label={t('recent')}>
            {kept.map((each) => (
              <Item key={each.id} found={{ ...each, about: '' }} open={open} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {text.length > 1 && (
          <Records
            text={text}
            open={open}
            all={(q) => void navigate({ to: '/buyouts', search: { q, ended: 'too' } })}
          />
        )}
        <Sections typed={typed} />
        {text === '' && kept.length === 0 && <Spotlight.Empty>{t('hint')}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

const PAUSE_MS = 250

function Records({
  text,
  open,
  all,
}: {
  text: string
  open: (found: Recent) => void
  all: (text: string) => void
}) {
  const t = texts.use()
  useCodes()
  const [asked] = useDebouncedValue(text, PAUSE_MS, { leading: true })
  const options = { staleTime: 15_000, retry: false }
  const runs = useQuery(BuyoutService.method.listBuyouts, { text: asked, page: { size: 7 } }, options)
  const tasks = useQuery(TaskService.method.listTasks, { text: asked, page: { size: 5 } }, options)
  const foundRuns: Found[] = (runs.data?.buyouts ?? []).map((run) => ({
    kind: 'buyout',
    id: run.id,
    title: run.car || t('deal', { id: String(run.dealId) }),
    about: [run.identifier, run.plate, t('deal', { id: String(run.dealId) }), run.stageTitle]
      .filter((part) => part !== '')
      .join(' · '),
  }))
  const foundTasks: Found[] = (tasks.data?.tasks ?? []).map((task) => ({
    kind: 'task',
    id: task.id,
    title: [task.title, task.car].filter((part) => part !== '').join(': '),
    about: [task.plate, task.city, word('task_state', task.state)].filter((part) => part !== '').join(' · '),
  }))
  const total = Number(runs.data?.page?.total ?? 0n)
  const pending = asked !== text || runs.isPending || tasks.isPending
  const error = runs.error ?? tasks.error
  const answer = pending ? '' : [...foundRuns, ...foundTasks].map((each) => each.id).join(' ')
  useEffect(() => {
    if (answer !== '') chooseFirst()
  }, [answer])
  return (
    <>
      {foundRuns.length > 0 && (
        <Spotlight.ActionsGroup label={t('runs')}>
          {foundRuns.map((found) => (
            <Item key={found.id} found={found} open={open} />
          ))}
          {total > foundRuns.length && (
            <Spotlight.Action label={t('all_runs', { count: total })} onClick={() => all(asked)} />
          )}
        </Spotlight.ActionsGroup>
      )}
      {foundTasks.length > 0 && (
        <Spotlight.ActionsGroup label={t('tasks')}>
          {foundTasks.map((found) => (
            <Item key={found.id} found={found} open={open} />
          ))}
        </Spotlight.ActionsGroup>
      )}
      <Text size="sm" px="md" py={4} role="status">
        {error !== null
          ? t('failed', { text: problem(error).text })
          : pending
            ? t('searching')
            : foundRuns.length + foundTasks.length === 0 && t('nothing')}
      </Text>
    </>
  )
}

function Item({ found, open }: { found: Found; open: (found: Recent) => void }) {
  return (
    <Spotlight.Action
      label={found.title}
      description={found.about || undefined}
      onClick={() => open(found)}
      leftSection={<Icon name={found.kind === 'task' ? 'check' : 'clock'} />}
    />
  )
}

function Sections({ typed }: { typed: string }) {
  const t = texts.use()
  const names = app.use()
  const me = useMe()
  const navigate = useNavigate()
  const part = typed.trim().toLocaleLowerCase('ru')
  const found = sectionsOf(me).filter((section) => names(section.key).toLocaleLowerCase('ru').includes(part))
  if (found.length === 0) return null
  return (
    <Spotlight.ActionsGroup label={t('sections')}>
      {found.map((section) => (
        <Spotlight.Action
          key={section.key}
          label={names(section.key)}
          onClick={() => void navigate({ to: section.to })}
        />
      ))}
    </Spotlight.ActionsGroup>
  )
}
