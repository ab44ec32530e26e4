import { Card, Center, Stack, Title } from '@mantine/core'

import { app } from '@/app/appTexts'
import { SignInForm } from './SignInForm'

export function SignInPage() {
  const t = app.use()
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder w={380} maw="100%" padding="lg">
        <Stack>
          <Title order={1} size="h2">
            {t('sign_in_title')}
          </Title>
          <SignInForm />
        </Stack>
      </Card>
    </Center>
  )
}
