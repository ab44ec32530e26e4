import { Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** A page that is one list: the list takes what height is left and scrolls within it. */
export function ListPage({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <div className="kite-list-page">
      <Group justify="space-between" gap="xs">
        <Title order={1} size="h3">
          {title}
        </Title>
        <Group gap="xs" className="kite-screen-only">
          {actions}
        </Group>
      </Group>
      {children}
    </div>
  )
}
