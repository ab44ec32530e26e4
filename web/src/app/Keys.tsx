import { Kbd, Modal, Table } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'

import { useMe } from '@/session/use'
import { app } from './appTexts'
import { sectionsOf } from './nav'

/** Somebody is typing: keys are letters then. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** Keys of the whole application: `?` shows them, `g` and a letter goes to a section. */
export function Keys() {
  const t = app.use()
  const me = useMe()
  const navigate = useNavigate()
  const [shown, { open, close }] = useDisclosure()
  const sections = sectionsOf(me.has)
  useEffect(() => {
    let going = false
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') open()
      const section = going ? sections.find((each) => each.hotkey === event.key) : undefined
      going = event.key === 'g'
      if (section) {
        event.preventDefault()
        void navigate({ to: section.to })
      }
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  })
  const rows: [string[], string][] = [
    [['Ctrl', 'K'], t('keys_search')],
    [['g', '…'], t('keys_go')],
    [['j'], t('keys_next')],
    [['k'], t('keys_previous')],
    [['Enter'], t('keys_open')],
    [['Esc'], t('keys_back')],
    [['?'], t('keys_help')],
    ...sections
      .filter((section) => section.hotkey)
      .map((section): [string[], string] => [['g', section.hotkey ?? ''], t(section.key)]),
  ]
  return (
    <Modal opened={shown} onClose={close} title={t('keys')}>
      <Table>
        <Table.Tbody>
          {rows.map(([keys, text]) => (
            <Table.Tr key={text}>
              <Table.Td w={120}>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{text}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
