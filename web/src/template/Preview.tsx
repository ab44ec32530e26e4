import { useQuery } from '@connectrpc/connect-query'
import { Card, Stack, Text } from '@mantine/core'
import { lazy, Suspense, useMemo } from 'react'

import { TemplateService, type PreviewTemplateResponse } from '@/gen/kite/template/v1/template_pb'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { template as texts } from './texts'

const PdfView = lazy(() => import('@/ui/PdfView'))

export function Preview({ code }: { code: string }) {
  const query = useQuery(TemplateService.method.previewTemplate, { code })
  return <Loaded query={query}>{(found) => <Content found={found} />}</Loaded>
}

function Content({ found }: { found: PreviewTemplateResponse }) {
  const t = texts.use()
  const type = found.template?.contentType ?? 'text/plain'
  const title = found.template?.title ?? ''
  const pdf = useMemo(() => new Blob([found.content.slice()], { type }), [found.content, type])
  const plain = type.startsWith('text/plain')
  return (
    <Stack gap="sm">
      {found.subject !== '' && <Facts rows={[[t('subject'), found.subject]]} />}
      {plain ? (
        <Card withBorder padding="sm">
          <Text size="sm" className="kite-words">
            {new TextDecoder().decode(found.content)}
          </Text>
        </Card>
      ) : type === 'application/pdf' ? (
        <Suspense fallback={null}>
          <PdfView blob={pdf} name={title} height="70vh" />
        </Suspense>
      ) : (
        // Of an origin that is nobody's, under a policy of its own: its styles and nothing else.
        <iframe className="kite-preview" title={t('preview', { title })} src={found.pagePath} sandbox="" />
      )}
    </Stack>
  )
}
