import { Accordion, Group, Text } from '@mantine/core'
import { useState } from 'react'

import { BoardCards, ColumnCount } from './BoardColumn'
import { buyoutsTexts } from './listTexts'
import type { BuyoutSearch } from './search'
import type { Group as StageGroup } from './stages'

/** On a phone one stage at a time. */
export default function BoardStages({
  groups,
  search,
  counted,
}: {
  groups: StageGroup[]
  search: BuyoutSearch
  counted: (group: StageGroup) => { count: number; overdue: number }
}) {
  const t = buyoutsTexts.use()
  const [open, setOpen] = useState<string | null>(null)
  return (
    <Accordion variant="separated" value={open} onChange={setOpen} order={2}>
      {groups.map((group) => (
        <Accordion.Item key={group} value={group}>
          <Accordion.Control>
            <Group gap="xs">
              <Text fw={600}>{t(`group_${group}`)}</Text>
              <ColumnCount {...counted(group)} />
            </Group>
          </Accordion.Control>
          <Accordion.Panel>{open === group && <BoardCards group={group} search={search} />}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}
