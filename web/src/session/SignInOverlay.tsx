import { Modal, Stack, Text } from '@mantine/core'

import { app } from '@/app/appTexts'
import { SignInForm } from './SignInForm'
import { useSessionState } from './use'

/** The session ended in the middle of work: the person signs in over the page, which stays as it is. */
export default function SignInOverlay() {
  const t = app.use()
  const state = useSessionState()
  return (
    <Modal
      opened={state.kind === 'expired'}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      title={t('sign_in_title')}
      zIndex={500}
    >
      <Stack>
        <Text size="sm">{t('sign_in_again')}</Text>
        <SignInForm />
      </Stack>
    </Modal>
  )
}
