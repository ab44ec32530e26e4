import { ActionIcon, Group, Modal, Stack, Text } from '@mantine/core'
import { useReducer, type KeyboardEvent } from 'react'

import { FileThumb } from '@/ui/FileView'
import { usePhone } from '@/ui/usePhone'
import { Pane } from './Pane'
import { shown as texts } from './shownTexts'
import classes from './Viewer.module.css'
import { begin, byKey, move, NEAREST } from './viewing'

export interface Photo {
  id: string
  name: string
}

/** Photos over the whole window: nearer, one beside another, everything by keyboard too. */
export default function Viewer({
  photos,
  at,
  onClose,
}: {
  photos: Photo[]
  at: number
  onClose: () => void
}) {
  const t = texts.use()
  const phone = usePhone()
  const [state, act] = useReducer(move, at, begin)
  const count = photos.length
  const comparing = state.at[1] !== undefined
  const zoom = state.looks[state.side].zoom
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    // Keys of the page below have nothing to do here.
    event.stopPropagation()
    const meant = byKey(state, event, count)
    if (meant === undefined) return
    event.preventDefault()
    if (meant === 'close') onClose()
    else act(meant)
  }
  const panes = comparing ? ([0, 1] as const) : ([0] as const)
  return (
    <Modal
      opened
      onClose={onClose}
      fullScreen
      closeOnEscape={false}
      title={t('viewer')}
      closeButtonProps={{ 'aria-label': t('close') }}
      onKeyDown={press}
      classNames={{ content: classes.content, body: classes.body }}
    >
      <div className={classes.panes} data-two={comparing || undefined}>
        {panes.map((side) => {
          const photo = photos[state.at[side] ?? 0]
          return (
            photo && (
              <Pane
                key={side}
                photo={photo}
                look={state.looks[side]}
                active={comparing && state.side === side}
                label={comparing ? t(side === 0 ? 'first' : 'second') : undefined}
                note={comparing && state.side === side ? t('active') : undefined}
                onActive={() => act({ do: 'side', side })}
                onAct={act}
                onSwipe={(by) => act({ do: 'step', by, count })}
                side={side}
              />
            )
          )
        })}
      </div>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Group gap={6}>
            <Tool
              label={t('previous')}
              sign="‹"
              run={() => act({ do: 'step', by: -1, count })}
              off={count < 2}
            />
            <Tool label={t('next')} sign="›" run={() => act({ do: 'step', by: 1, count })} off={count < 2} />
            <Text size="sm" role="status">
              {t('position', { number: (state.at[state.side] ?? 0) + 1, count })}
            </Text>
          </Group>
          <Group gap={6}>
            <Tool
              label={t('farther')}
              sign="−"
              run={() => act({ do: 'zoom', factor: 1 / 1.4 })}
              off={zoom <= 1}
            />
            <Tool
              label={t('nearer')}
              sign="+"
              run={() => act({ do: 'zoom', factor: 1.4 })}
              off={zoom >= NEAREST}
            />
            <Tool label={t('whole')} sign="1:1" run={() => act({ do: 'whole' })} off={zoom === 1} />
            <Tool
              label={t(comparing ? 'compare_end' : 'compare')}
              sign="◫"
              pressed={comparing}
              run={() => act({ do: 'compare', count })}
              off={count < 2}
            />
          </Group>
        </Group>
        <div className={classes.strip} role="group" aria-label={t('strip')}>
          {photos.map((photo, index) => (
            <div key={photo.id} className={classes.small} data-here={state.at.includes(index) || undefined}>
              <FileThumb
                id={photo.id}
                name={photo.name}
                size={phone ? 56 : 72}
                onOpen={() => act({ do: 'show', at: index })}
              />
            </div>
          ))}
        </div>
        <Text size="xs" visibleFrom="sm">
          {t('viewer_keys')}
        </Text>
      </Stack>
    </Modal>
  )
}

function Tool({
  label,
  sign,
  off,
  pressed,
  run,
}: {
  label: string
  sign: string
  off?: boolean
  pressed?: boolean
  run: () => void
}) {
  return (
    <ActionIcon
      variant={pressed ? 'filled' : 'default'}
      size={44}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      disabled={off}
      onClick={run}
    >
      {sign}
    </ActionIcon>
  )
}
