import { createQueryOptions, useMutation, useTransport } from '@connectrpc/connect-query'
import { Alert, Button, Group, Select, Stack, Text } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'

import { readAgain } from '@/api/queries'
import { SessionService, type StaffMember } from '@/gen/kite/session/v1/session_pb'
import { useCodes, word } from '@/ui/codes'
import { Failure } from '@/ui/Loaded'
import { done, failed } from '@/ui/notify'
import { profile } from './profileTexts'
import { session } from './session'
import { useMe } from './use'

/** Who acts while I am away. */
export function Absence() {
  const t = profile.use()
  useCodes()
  const me = useMe()
  const { found, error, again } = useColleagues()
  const [chosen, choose] = useState<string | null>(null)
  const set = useMutation(SessionService.method.setSubstitute)
  const substitute = found.find(({ person }) => person?.id === chosen)
  const change = async (substituteId: string, text: string) => {
    try {
      await set.mutateAsync({ substituteId })
      // The session of the next token names the substitute.
      await session.renew()
      readAgain()
      choose(null)
      done(text)
    } catch (refused) {
      failed(refused)
    }
  }
  if (me.substitute) {
    return (
      <Stack gap="sm" align="flex-start">
        <Alert variant="light" color="yellow" role="status">
          {t('absent_now', { name: me.substitute.name })}
        </Alert>
        <Button loading={set.isPending} onClick={() => void change('', t('came_back'))}>
          {t('come_back')}
        </Button>
      </Stack>
    )
  }
  const lacking = substitute ? me.roles.filter((role) => !substitute.roles.includes(role)) : []
  return (
    <Stack gap="sm">
      <Text size="sm">{t('absence_text')}</Text>
      {error !== null && <Failure error={error} retry={again} />}
      {error === null && found.length === 0 ? (
        <Text size="sm">{t('substitute_none')}</Text>
      ) : (
        <Select
          label={t('substitute')}
          placeholder={t('substitute_choose')}
          searchable
          clearable
          maw={420}
          data={found.map((member) => ({
            value: member.person?.id ?? '',
            label: member.absent
              ? t('substitute_absent', { name: member.person?.name })
              : (member.person?.name ?? ''),
            disabled: member.absent,
          }))}
          value={chosen}
          onChange={choose}
        />
      )}
      {lacking.length > 0 && (
        <Text size="sm">{t('lacks', { roles: lacking.map((role) => word('role', role)).join(', ') })}</Text>
      )}
      <Group>
        <Button
          disabled={!substitute?.person}
          loading={set.isPending}
          onClick={() => {
            const person = substitute?.person
            if (person) void change(person.id, t('gone', { name: person.name }))
          }}
        >
          {t('go_away')}
        </Button>
      </Group>
    </Stack>
  )
}

/** Colleagues who have at least one of my roles, those with most of them first. */
function useColleagues(): { found: StaffMember[]; error: Error | null; again: () => void } {
  const me = useMe()
  const transport = useTransport()
  const answers = useQueries({
    queries: me.roles.map((role) =>
      createQueryOptions(SessionService.method.listStaff, { role }, { transport }),
    ),
  })
  const byId = new Map<string, StaffMember>()
  for (const member of answers.flatMap((answer) => answer.data?.staff ?? [])) {
    if (member.person && member.person.id !== me.id) byId.set(member.person.id, member)
  }
  const shared = (member: StaffMember) => me.roles.filter((role) => member.roles.includes(role)).length
  return {
    found: [...byId.values()].sort(
      (one, other) =>
        shared(other) - shared(one) || (one.person?.name ?? '').localeCompare(other.person?.name ?? '', 'ru'),
    ),
    error: answers.find((answer) => answer.error !== null)?.error ?? null,
    again: () => answers.forEach((answer) => void answer.refetch()),
  }
}
