import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'

import { problem } from '@/api/errors'
import { useDraft } from '@/app/useDraft'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { done } from '@/ui/notify'
import { ui } from '@/ui/texts'
import { view as texts } from './texts'
import type { ListName, Views } from './useViews'

/** Gives the filter that is set a name and, if wanted, shares it with a role. */
export default function SaveView({
  views,
  list,
  query,
  close,
}: {
  views: Views
  list: ListName
  query: string
  close: () => void
}) {
  const t = texts.use()
  const words = ui.use()
  useCodes()
  const me = useMe()
  const [draft, setDraft, clear] = useDraft(`view:${list}`, { name: '', sharedWith: '' })
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const submit = async () => {
    const name = draft.name.trim()
    if (name === '') {
      setError(t('name_needed'))
      return
    }
    setBusy(true)
    setError('')
    try {
      await views.save({ name, query, sharedWith: draft.sharedWith })
      clear()
      done(t('saved', { name }))
      close()
    } catch (refused) {
      setError(problem(refused).text)
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={close} title={t('save')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Stack>
          <TextInput
            label={t('name')}
            required
            maxLength={100}
            data-autofocus
            value={draft.name}
            onChange={(event) => {
              const name = event.currentTarget.value
              setDraft((old) => ({ ...old, name }))
            }}
          />
          <ShareSelect
            value={draft.sharedWith}
            roles={me.roles}
            onChange={(sharedWith) => setDraft((old) => ({ ...old, sharedWith }))}
          />
          {error !== '' && (
            <Text c="red" size="sm" role="alert">
              {error}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words('cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {t('save_button')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

export function ShareSelect({
  value,
  roles,
  onChange,
}: {
  value: string
  roles: string[]
  onChange: (role: string) => void
}) {
  const t = texts.use()
  const known = value === '' || roles.includes(value) ? roles : [...roles, value]
  return (
    <Select
      label={t('share')}
      placeholder={t('share_none')}
      clearable
      data={known.map((role) => ({ value: role, label: word('role', role) }))}
      value={value === '' ? null : value}
      onChange={(role) => onChange(role ?? '')}
    />
  )
}
