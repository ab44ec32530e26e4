import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import {
  Alert,
  Button,
  Code,
  Group,
  Modal,
  MultiSelect,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core'
import { useState } from 'react'

import { byField, problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { useDraft } from '@/app/useDraft'
import { StaffService, type Member } from '@/gen/kite/staff/v1/staff_pb'
import { useCities } from '@/session/useCities'
import { codesOf, word } from '@/ui/codes'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { done, failed } from '@/ui/notify'
import { ui } from '@/ui/texts'
import { staff as texts } from './texts'

const PATHS = [
  'name',
  'login',
  'roles',
  'cities',
  'email',
  'bitrix24_user',
  'treasury_user',
  'person.name',
  'person.id',
]

/** One person: invited when there is none yet, else changed on top of the version that was read. */
export function MemberForm({ member, close }: { member: Member | undefined; close: () => void }) {
  const t = texts.use()
  const words = ui.use()
  const transport = useTransport()
  const cities = useCities()
  const [draft, setDraft, clear] = useDraft(
    `staff:${member?.person?.id ?? 'new'}:${member?.version ?? 0}`,
    () => ({
      name: member?.person?.name ?? '',
      login: member?.login ?? '',
      roles: member?.roles ?? [],
      cities: member?.cities ?? [],
      email: member?.email ?? '',
      bitrix24User: member && member.bitrix24User > 0n ? String(member.bitrix24User) : '',
      treasuryUser: member?.treasuryUser ?? '',
    }),
  )
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const [password, setPassword] = useState('')
  const save = async () => {
    setBusy(true)
    setErrors({})
    const message = {
      person: { id: member?.person?.id ?? draft.login.trim(), name: draft.name.trim() },
      login: draft.login.trim(),
      roles: draft.roles,
      cities: draft.cities,
      email: draft.email.trim(),
      bitrix24User: /^\d{1,15}$/.test(draft.bitrix24User.trim()) ? BigInt(draft.bitrix24User.trim()) : 0n,
      treasuryUser: draft.treasuryUser.trim(),
      version: member?.version ?? 0,
    }
    try {
      const client = createClient(StaffService, transport)
      if (member) {
        await client.updateMember({ member: message })
        done(t('saved'))
        close()
      } else {
        const { firstPassword } = await client.inviteMember({ member: message })
        done(t('invited'))
        if (firstPassword === '') close()
        else setPassword(firstPassword)
      }
      clear()
      readAgain()
    } catch (error) {
      setErrors(byField(problem(error).violations, 'member.'))
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  const text = (
    name: 'name' | 'login' | 'email' | 'bitrix24User' | 'treasuryUser',
    label: string,
    path: string,
  ) => (
    <TextInput
      label={label}
      value={draft[name]}
      autoComplete="off"
      disabled={name === 'login' && member !== undefined}
      description={name === 'login' ? t('login_hint') : undefined}
      error={fieldError(errors, path)}
      onChange={(event) => {
        const value = event.currentTarget.value
        setDraft((old) => ({ ...old, [name]: value }))
      }}
    />
  )
  if (password !== '') {
    return (
      <Modal opened onClose={close} title={t('invited')}>
        <Alert variant="light">
          <Text size="sm">{t('first_password')}</Text>
          <Code fz="lg">{password}</Code>
        </Alert>
      </Modal>
    )
  }
  return (
    <Modal
      opened
      onClose={close}
      title={member ? t('edit', { name: member.person?.name }) : t('new')}
      size="lg"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Stack>
          {text('name', t('name'), 'name')}
          {text('login', t('login'), 'login')}
          <MultiSelect
            label={t('roles')}
            searchable
            data={codesOf('role').map((code) => ({ value: code, label: word('role', code) }))}
            value={draft.roles}
            error={fieldError(errors, 'roles')}
            onChange={(roles) => setDraft((old) => ({ ...old, roles }))}
          />
          <TagsInput
            label={t('cities')}
            description={t('cities_hint')}
            data={cities.map((city) => city.label)}
            value={draft.cities}
            error={fieldError(errors, 'cities')}
            onChange={(chosen) => setDraft((old) => ({ ...old, cities: chosen }))}
          />
          {text('email', t('email'), 'email')}
          {text('bitrix24User', t('bitrix24_user'), 'bitrix24_user')}
          {text('treasuryUser', t('treasury_user'), 'treasury_user')}
          <FormErrors errors={otherErrors(errors, PATHS)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words('cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {t(member ? 'save' : 'invite')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
