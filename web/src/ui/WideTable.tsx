import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

interface Props {
  /** Width in pixels below which the table scrolls sideways. */
  minWidth: number
  label: string
  children: ReactNode
}

/** A table that scrolls sideways on a phone, by keyboard too. */
export function WideTable({ minWidth, label, children }: Props) {
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': label } }}
    >
      {children}
    </Table.ScrollContainer>
  )
}
