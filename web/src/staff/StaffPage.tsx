import { createClient } from '@connectrpc/connect'
import { useQuery, useTransport } from '@connectrpc/connect-query'
import { Badge, Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'

import { readAgain } from '@/api/queries'
import { StaffService, type Member } from '@/gen/kite/staff/v1/staff_pb'
import { codesOf, useCodes, word } from '@/ui/codes'
import { confirmReason } from '@/ui/confirmReason'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { done } from '@/ui/notify'
import { WideTable } from '@/ui/WideTable'
import { MemberForm } from './MemberForm'
import { staff as texts } from './texts'

/** People who work here: invited, changed, blocked. */
export default function StaffPage() {
  const t = texts.use()
  useCodes()
  const [text, setText] = useState('')
  const [role, setRole] = useState<string | null>(null)
  const [asked] = useDebouncedValue(text, 250)
  const [open, setOpen] = useState<Member | 'new'>()
  const query = useQuery(StaffService.method.listMembers, { text: asked, role: role ?? '' })
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('title')}
        </Title>
        <Button onClick={() => setOpen('new')}>{t('invite')}</Button>
      </Group>
      <Group>
        <TextInput
          label={t('search')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          w={260}
        />
        <Select
          label={t('role')}
          clearable
          searchable
          data={codesOf('role').map((code) => ({ value: code, label: word('role', code) }))}
          value={role}
          onChange={setRole}
        />
      </Group>
      <Loaded query={query}>
        {({ members }) =>
          members.length === 0 ? (
            <EmptyState
              kind="filtered"
              text={t('none')}
              action={{
                run: () => {
                  setText('')
                  setRole(null)
                },
              }}
            />
          ) : (
            <Members members={members} edit={setOpen} />
          )
        }
      </Loaded>
      {open && <MemberForm member={open === 'new' ? undefined : open} close={() => setOpen(undefined)} />}
    </Stack>
  )
}

function Members({ members, edit }: { members: Member[]; edit: (member: Member) => void }) {
  const t = texts.use()
  const transport = useTransport()
  const block = (member: Member) =>
    confirmReason({
      title: t(member.blocked ? 'unblock_title' : 'block_title', { name: member.person?.name }),
      text: member.blocked ? undefined : t('block_text'),
      confirm: t(member.blocked ? 'unblock' : 'block'),
      danger: !member.blocked,
      run: async (reason) => {
        await createClient(StaffService, transport).blockMember({
          personId: member.person?.id ?? '',
          blocked: !member.blocked,
          reason,
        })
        done(t(member.blocked ? 'unblocked_done' : 'blocked_done'))
        readAgain()
      },
    })
  return (
    <WideTable minWidth={760} label={t('title')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('name')}</Table.Th>
            <Table.Th>{t('login')}</Table.Th>
            <Table.Th>{t('roles')}</Table.Th>
            <Table.Th>{t('cities')}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((member) => (
            <Table.Tr key={member.person?.id}>
              <Table.Td>
                <Text size="sm" fw={600}>
                  {member.person?.name}
                </Text>
                {member.substitute && <Text size="xs">{t('absent', { name: member.substitute.name })}</Text>}
                {member.blocked && (
                  <Badge color="red" variant="light">
                    {t('blocked')}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{member.login || member.person?.id}</Table.Td>
              <Table.Td>{member.roles.map((role) => word('role', role)).join(', ')}</Table.Td>
              <Table.Td>{member.cities.join(', ') || t('every_city')}</Table.Td>
              <Table.Td>
                <Group gap="xs" wrap="nowrap" justify="flex-end">
                  <Button size="compact-sm" variant="default" onClick={() => edit(member)}>
                    {t('edit_button')}
                  </Button>
                  <Button
                    size="compact-sm"
                    variant="outline"
                    color={member.blocked ? undefined : 'red'}
                    onClick={() => block(member)}
                  >
                    {t(member.blocked ? 'unblock' : 'block')}
                  </Button>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  )
}
