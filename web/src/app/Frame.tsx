import {
  ActionIcon,
  Alert,
  AppShell,
  Badge,
  Burger,
  Button,
  Group,
  Loader,
  Menu,
  NavLink,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect } from 'react'

import { Bell } from '@/notification/Bell'
import { SearchButton } from '@/search/Search'
import { session } from '@/session/session'
import { useMe } from '@/session/use'
import { Boundary } from './Boundary'
import { app } from './appTexts'
import { Keys } from './Keys'
import { sectionsOf } from './nav'
import { language, setLanguage } from './texts'
import { useLive, useLiveStatus } from './useLive'
import { Workplace } from './Workplace'

/** The frame of every screen: sections, search, notifications, who I am, whether the page is live. */
export default function Frame() {
  const t = app.use()
  const me = useMe()
  const [menu, { toggle, close }] = useDisclosure()
  const path = useRouterState({ select: (state) => state.location.pathname })
  useLive(me.id)
  useEffect(() => close(), [path, close])
  return (
    <Workplace>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !menu } }}
        padding="md"
      >
        <a className="kite-skip" href="#content">
          {t('skip')}
        </a>
        <AppShell.Header>
          <Group h="100%" px="sm" justify="space-between" wrap="nowrap" gap="xs">
            <Group wrap="nowrap" gap="xs">
              <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('menu')} />
              <UnstyledButton component={Link} to="/" aria-label={`Kite, ${t('home')}`}>
                <Group gap={6} wrap="nowrap">
                  <img src="/kite.svg" alt="" width={24} height={24} />
                  <Text fw={700} visibleFrom="xs">
                    Kite
                  </Text>
                </Group>
              </UnstyledButton>
            </Group>
            <SearchButton />
            <Group wrap="nowrap" gap={4}>
              <LiveMark />
              <Bell />
              <Me />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" component="nav" aria-label={t('menu')}>
          {sectionsOf(me).map((section) => (
            <NavLink
              key={section.key}
              component={Link}
              to={section.to}
              label={t(section.key)}
              active={section.to === '/' ? path === '/' : path.startsWith(section.to)}
            />
          ))}
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1}>
          <OfflineBanner />
          <Boundary key={path}>
            <Suspense fallback={<Loader size="sm" />}>
              <Outlet />
            </Suspense>
          </Boundary>
        </AppShell.Main>
        <Keys />
      </AppShell>
    </Workplace>
  )
}

function LiveMark() {
  const t = app.use()
  const status = useLiveStatus()
  if (status === 'live') return null
  const color = { connecting: 'gray', polling: 'yellow', offline: 'red' }[status]
  return (
    <Badge color={color} variant="light" size="sm" role="status" visibleFrom="xs" data-live={status}>
      {status === 'offline' ? t('connecting') : t(status)}
    </Badge>
  )
}

function OfflineBanner() {
  const t = app.use()
  const status = useLiveStatus()
  if (status !== 'offline') return null
  return (
    <Alert color="red" variant="light" mb="sm" role="alert" data-offline>
      {t('offline')}
    </Alert>
  )
}

function Me() {
  const t = app.use()
  const me = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const initials = me.name
    .split(' ')
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
  return (
    <Menu position="bottom-end" width={240} withinPortal>
      <Menu.Target>
        <ActionIcon variant="light" size="lg" radius="xl" aria-label={`${initials}, ${me.name}`}>
          <Text size="xs" fw={600}>
            {initials}
          </Text>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.name}</Menu.Label>
        <Menu.Item component={Link} to="/profile">
          {t('profile')}
        </Menu.Item>
        <Menu.Divider />
        {(['light', 'dark', 'auto'] as const)
          .filter((scheme) => scheme !== colorScheme)
          .map((scheme) => (
            <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)}>
              {t(`theme_${scheme}`)}
            </Menu.Item>
          ))}
        <Menu.Item onClick={() => setLanguage(language() === 'ru' ? 'en' : 'ru')}>{t('language')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => void session.signOut()}>
          {t('sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

export function SignOutButton() {
  const t = app.use()
  return (
    <Button variant="subtle" size="compact-sm" onClick={() => void session.signOut()}>
      {t('other_account')}
    </Button>
  )
}
