import { Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'

import { useMe } from '@/session/use'
import { useNeighbourKeys } from '@/ui/useNeighbourKeys'
import { app } from './appTexts'
import { isTyping } from './isTyping'
import { KeysTable } from './KeysTable'
import { sectionsOf } from './nav'

/**
 * Keys of the whole application: `?` shows them, `g` and a letter goes to a section. Letters are known by their
 * place on the keyboard, so that they work while one types Russian.
 */
export function Keys() {
  const t = app.use()
  const me = useMe()
  const navigate = useNavigate()
  const [shown, { open, close }] = useDisclosure()
  const sections = sectionsOf(me)
  useNeighbourKeys()
  useEffect(() => {
    let going = false
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') open()
      const section = going
        ? sections.find((each) => `Key${each.hotkey?.toUpperCase()}` === event.code)
        : undefined
      going = event.code === 'KeyG'
      if (section) {
        // The second letter means nothing to lists: J and K walk through them.
        event.stopPropagation()
        event.preventDefault()
        void navigate({ to: section.to })
      }
    }
    window.addEventListener('keydown', press, true)
    return () => window.removeEventListener('keydown', press, true)
  })
  return (
    <Modal opened={shown} onClose={close} title={t('keys')}>
      <KeysTable />
    </Modal>
  )
}
