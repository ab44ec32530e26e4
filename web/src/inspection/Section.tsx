import { Alert, Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

import { anchorOf, type Lack, type Section as Name } from './draft'
import { inspection as texts } from './texts'

/** A part of the form: what it is, how much of it is left, what the server said of it. */
export function Section({
  name,
  lacks,
  refusal,
  about,
  children,
}: {
  name: Name
  /** Of the whole form. */
  lacks: Lack[]
  refusal?: string
  about?: string
  children: ReactNode
}) {
  const t = texts.use()
  const left = lacks.filter((lack) => lack.section === name).length
  const id = anchorOf(name)
  const optional = name === 'defects' || name === 'comment'
  return (
    <Card
      withBorder
      padding="sm"
      component="section"
      id={id}
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      style={{ scrollMarginTop: 64 }}
    >
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4" id={`${id}-title`}>
            {t(name)}
          </Title>
          {left > 0 ? (
            <Badge variant="light" color="yellow" c="var(--kite-soon)" size="lg" tt="none">
              {t('left', { count: left })}
            </Badge>
          ) : (
            !optional && (
              <Badge variant="light" color="green" c="var(--mantine-color-text)" size="lg" tt="none">
                {t('done')}
              </Badge>
            )
          )}
        </Group>
        {about && <Text size="sm">{about}</Text>}
        {refusal !== undefined && (
          <Alert color="red" variant="light" role="alert" data-refusal={name}>
            <Text size="sm" className="kite-words">
              {refusal}
            </Text>
          </Alert>
        )}
        {children}
      </Stack>
    </Card>
  )
}
