import { Button, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { problem } from '@/api/errors'
import { app } from '@/app/appTexts'
import { Loaded } from '@/ui/Loaded'
import type { Issuer } from '@/gen/kite/session/v1/session_pb'
import { goToIssuer } from './oidc'
import { open, session } from './session'

/** Every way in that the server offers. */
export function SignInForm() {
  const t = app.use()
  const options = useQuery({
    queryKey: ['sign-in-options'],
    queryFn: () => open.getSignInOptions({}),
    staleTime: Infinity,
  })
  return (
    <Loaded query={options}>
      {({ developmentAccounts, issuers }) => (
        <Stack>
          {issuers.map((issuer) => (
            <IssuerButton key={issuer.issuer} issuer={issuer} />
          ))}
          {issuers.length > 0 && developmentAccounts && <Divider label={t('or')} />}
          {developmentAccounts && <Password />}
          {issuers.length === 0 && !developmentAccounts && <Text size="sm">{t('no_way_in')}</Text>}
        </Stack>
      )}
    </Loaded>
  )
}

function IssuerButton({ issuer }: { issuer: Issuer }) {
  const t = app.use()
  const [error, setError] = useState('')
  return (
    <>
      <Button
        onClick={() => {
          goToIssuer(issuer).catch((failed: unknown) => setError(problem(failed).text))
        }}
      >
        {t('sign_in_with', { title: issuer.title || issuer.issuer })}
      </Button>
      {error !== '' && (
        <Text c="red" size="sm" role="alert">
          {error}
        </Text>
      )}
    </>
  )
}

function Password() {
  const t = app.use()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError('')
    try {
      session.take(await open.signIn({ login, password }))
    } catch (refused) {
      setError(problem(refused).text)
      setPassword('')
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Stack>
        <TextInput
          label={t('login')}
          autoComplete="username"
          required
          data-autofocus
          autoFocus
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('password')}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {error !== '' && (
          <Text c="red" size="sm" role="alert">
            {error}
          </Text>
        )}
        <Button type="submit" loading={busy}>
          {t('sign_in')}
        </Button>
      </Stack>
    </form>
  )
}
