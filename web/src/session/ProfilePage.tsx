import {
  Card,
  Group,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core'
import { useState, type ReactNode } from 'react'

import { KeysTable } from '@/app/KeysTable'
import { language, setLanguage, type Language } from '@/app/texts'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { SignOutButton } from '@/app/Frame'
import { Absence } from './Absence'
import { profile } from './profileTexts'
import { useMe } from './use'

/** Who I am here, who stands in for me, how the page looks, which keys it has. */
export default function ProfilePage() {
  const t = profile.use()
  useCodes()
  const me = useMe()
  return (
    <Stack gap="md" maw={1100}>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('title')}
        </Title>
        <SignOutButton />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          <Part title={t('who')}>
            <Facts
              rows={[
                [t('name'), me.name],
                [t('login'), <span className="kite-mono">{me.id}</span>],
                [t('roles'), me.roles.map((role) => word('role', role)).join(', ')],
                [t('cities'), me.cities.length > 0 ? me.cities.join(', ') : t('cities_all')],
              ]}
            />
          </Part>
          <Part title={t('absence')}>
            <Absence />
          </Part>
          <Part title={t('view')}>
            <Appearance />
          </Part>
        </Stack>
        <Part title={t('keys')}>
          <KeysTable />
        </Part>
      </SimpleGrid>
    </Stack>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="md" component="section" aria-label={title}>
      <Title order={2} size="h5" mb="xs">
        {title}
      </Title>
      {children}
    </Card>
  )
}

function Appearance() {
  const t = profile.use()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [chosen, choose] = useState(language)
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t('language')}
        </Text>
        <SegmentedControl
          aria-label={t('language')}
          data={[
            { value: 'ru', label: 'Русский' },
            { value: 'en', label: 'English' },
          ]}
          value={chosen}
          onChange={(next) => {
            choose(next as Language)
            setLanguage(next as Language)
          }}
        />
      </div>
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t('theme')}
        </Text>
        <SegmentedControl
          aria-label={t('theme')}
          data={(['light', 'dark', 'auto'] as const).map((scheme) => ({
            value: scheme,
            label: t(`theme_${scheme}`),
          }))}
          value={colorScheme}
          onChange={(next) => setColorScheme(next as 'light' | 'dark' | 'auto')}
        />
      </div>
    </Stack>
  )
}
