import { useQuery } from '@connectrpc/connect-query'
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import { SessionService } from '@/gen/kite/session/v1/session_pb'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { Loaded } from '@/ui/Loaded'
import { ui } from '@/ui/texts'
import { delegate } from './actions'
import { task as texts } from './texts'

/** Chooses the colleague who takes the task over: the task's role, in its city. */
export function Delegate({ task, close }: { task: Task; close: () => void }) {
  const t = texts.use()
  const words = ui.use()
  const me = useMe()
  const staff = useQuery(SessionService.method.listStaff, { role: task.role, city: task.city })
  const [to, setTo] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const held = task.owner ?? task.assignee
  return (
    <Modal opened onClose={close} title={t('delegate_title')}>
      <Loaded query={staff}>
        {({ staff: found }) => {
          const others = found.filter(({ person }) => person && person.id !== held?.id && person.id !== me.id)
          const chosen = others.find(({ person }) => person?.id === to)?.person
          return (
            <Stack>
              {others.length === 0 && <Text size="sm">{t('delegate_none')}</Text>}
              <Select
                label={t('delegate_to')}
                searchable
                data-autofocus
                data={others.map(({ person, absent }) => ({
                  value: person?.id ?? '',
                  label: absent ? t('absent', { name: person?.name }) : (person?.name ?? ''),
                }))}
                value={to}
                onChange={setTo}
              />
              <Group justify="flex-end">
                <Button variant="default" onClick={close}>
                  {words('cancel')}
                </Button>
                <Button
                  disabled={!chosen}
                  loading={busy}
                  onClick={() => {
                    if (!chosen) return
                    setBusy(true)
                    // Only an inspection may be taken from another's hands, so only that can be taken back.
                    void delegate(task, chosen, task.kind === 'INSPECT' ? held : undefined).then((given) =>
                      given ? close() : setBusy(false),
                    )
                  }}
                >
                  {t('delegate')}
                </Button>
              </Group>
            </Stack>
          )
        }}
      </Loaded>
    </Modal>
  )
}
