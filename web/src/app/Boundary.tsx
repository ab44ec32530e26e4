import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'

import { ui } from '@/ui/texts'

/** A screen that falls says so and leaves the rest alone. */
export class Boundary extends Component<{ children: ReactNode }, { fell: boolean }> {
  override state = { fell: false }

  static getDerivedStateFromError(): { fell: boolean } {
    return { fell: true }
  }

  override render(): ReactNode {
    return this.state.fell ? <Crashed /> : this.props.children
  }
}

export function Crashed() {
  const t = ui.use()
  return (
    <Center mih={320} p="xl">
      <Stack align="center" role="alert">
        <Title order={2}>{t('crashed')}</Title>
        <Text c="dimmed" ta="center" maw={480}>
          {t('crashed_text')}
        </Text>
        <Button onClick={() => location.reload()}>{t('reload')}</Button>
      </Stack>
    </Center>
  )
}
