import { Anchor, Center, Stack, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'

import { ui } from '@/ui/texts'

export function NotFound() {
  const t = ui.use()
  return (
    <Center p="xl">
      <Stack align="center">
        <Title order={2}>{t('not_found')}</Title>
        <Anchor component={Link} to="/">
          {t('home')}
        </Anchor>
      </Stack>
    </Center>
  )
}
