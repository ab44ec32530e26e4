import { useQuery } from '@connectrpc/connect-query'
import { Grid, NavLink, Stack, Text, Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'

import { TemplateService } from '@/gen/kite/template/v1/template_pb'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { Preview } from './Preview'
import { template as texts } from './texts'

/** Every message, page and document that Kite sends, as its receiver sees it. */
export default function TemplatesPage() {
  const t = texts.use()
  const { item } = useSearch({ from: '/shell/admin/templates' })
  const navigate = useNavigate({ from: '/admin/templates' })
  const query = useQuery(TemplateService.method.listTemplates, {})
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      <Text size="sm">{t('intro')}</Text>
      <Loaded query={query}>
        {({ templates }) =>
          templates.length === 0 ? (
            <EmptyState kind="none" text={t('none')} />
          ) : (
            <Grid>
              <Grid.Col span={{ base: 12, md: 4 }}>
                {templates.map((each) => (
                  <NavLink
                    key={each.code}
                    component="button"
                    label={each.title}
                    description={each.code}
                    active={each.code === item}
                    onClick={() =>
                      void navigate({ search: (old) => ({ ...old, item: each.code }), replace: true })
                    }
                  />
                ))}
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 8 }}>
                {item ? <Preview key={item} code={item} /> : <Text size="sm">{t('choose')}</Text>}
              </Grid.Col>
            </Grid>
          )
        }
      </Loaded>
    </Stack>
  )
}
