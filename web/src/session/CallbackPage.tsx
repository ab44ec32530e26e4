import { Center, Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'

import { app } from '@/app/appTexts'
import { Failure } from '@/ui/Loaded'
import { comeBack } from './oidc'

/** The way back from an OIDC issuer. */
export default function CallbackPage() {
  const t = app.use()
  const navigate = useNavigate()
  const back = useQuery({
    queryKey: ['sign-in-callback'],
    queryFn: comeBack,
    retry: false,
    staleTime: Infinity,
  })
  useEffect(() => {
    if (back.data) void navigate({ to: back.data, replace: true })
  }, [back.data, navigate])
  return (
    <Center p="xl" mih="100vh">
      {back.error ? (
        <Failure error={back.error} retry={() => location.assign('/')} again={t('sign_in_anew')} />
      ) : (
        <Loader />
      )}
    </Center>
  )
}
