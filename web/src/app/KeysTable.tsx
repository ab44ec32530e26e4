import { Kbd, Table } from '@mantine/core'

import { useMe } from '@/session/use'
import { app } from './appTexts'
import { sectionsOf } from './nav'

/** Every key and what it does. */
export function KeysTable() {
  const t = app.use()
  const me = useMe()
  const rows: [string[], string][] = [
    [['Ctrl', 'K'], t('keys_search')],
    [['g', '…'], t('keys_go')],
    [['j'], t('keys_next')],
    [['k'], t('keys_previous')],
    [['Enter'], t('keys_open')],
    [['Esc'], t('keys_back')],
    [['?'], t('keys_help')],
    ...sectionsOf(me)
      .filter((section) => section.hotkey)
      .map((section): [string[], string] => [['g', section.hotkey ?? ''], t(section.key)]),
  ]
  return (
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
  )
}
