import { useQuery } from '@connectrpc/connect-query'
import { Anchor, Card, Stack, Text } from '@mantine/core'
import { useEffect, useMemo } from 'react'

import { TemplateService, type PreviewTemplateResponse } from '@/gen/kite/template/v1/template_pb'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { template as texts } from './texts'

export function Preview({ code }: { code: string }) {
  const query = useQuery(TemplateService.method.previewTemplate, { code })
  return <Loaded query={query}>{(found) => <Content found={found} />}</Loaded>
}

function useAddress(content: Uint8Array, type: string): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([content.slice()], { type })), [content, type])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return url
}

function Content({ found }: { found: PreviewTemplateResponse }) {
  const t = texts.use()
  const type = found.template?.contentType ?? 'text/plain'
  const title = found.template?.title ?? ''
  const url = useAddress(found.content, type)
  const plain = type.startsWith('text/plain')
  return (
    <Stack gap="sm">
      {found.subject !== '' && <Facts rows={[[t('subject'), found.subject]]} />}
      {type.startsWith('text/html') && (
        <Text size="sm">
          {t('html_note')}{' '}
          <Anchor href={url} download={`${found.template?.code.replaceAll('/', '-') ?? 'template'}.html`}>
            {t('download')}
          </Anchor>
        </Text>
      )}
      {plain ? (
        <Card withBorder padding="sm">
          <Text size="sm" className="kite-words">
            {new TextDecoder().decode(found.content)}
          </Text>
        </Card>
      ) : (
        // Scripts of a template run nowhere: it is shown, not trusted. A PDF viewer needs no sandbox of ours.
        <iframe
          className="kite-preview"
          title={t('preview', { title })}
          src={url}
          sandbox={type === 'application/pdf' ? undefined : ''}
        />
      )}
    </Stack>
  )
}
