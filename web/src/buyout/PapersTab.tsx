import { Badge, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'

import type { Buyout, Document } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { EmptyState } from '@/ui/EmptyState'
import { FileLink } from '@/ui/FileLink'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

/** What the client handed in and what Kite made. */
export function PapersTab({ buyout }: { buyout: Buyout }) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <PapersCard buyout={buyout} />
      <DocumentsCard buyout={buyout} />
    </SimpleGrid>
  )
}

function PapersCard({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const me = useMe()
  if (!me.may('papers.see')) return <EmptyState kind="forbidden" text={t('papers_hidden')} />
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t('papers')}
        </Title>
        {!buyout.papers && <Text size="sm">{t('papers_none')}</Text>}
        {buyout.papers?.papers.map((paper) => {
          const verdict = buyout.paperVerdicts.find(({ kind }) => kind === paper.kind)
          return (
            <Stack gap={2} key={paper.kind}>
              <Group gap="xs">
                <Text size="sm" fw={600}>
                  {word('paper', paper.kind)}
                </Text>
                {verdict && (
                  <Badge variant="light" color={verdict.accepted ? 'green' : 'red'}>
                    {t(verdict.accepted ? 'accepted' : 'returned')}
                  </Badge>
                )}
              </Group>
              {verdict?.remark && (
                <Text size="sm" className="kite-words">
                  {verdict.remark}
                </Text>
              )}
              {paper.fileIds.map((id, index) => {
                const file = buyout.paperFiles.find((each) => each.id === id)
                return (
                  file && <FileLink key={id} file={file} name={`${word('paper', paper.kind)} ${index + 1}`} />
                )
              })}
            </Stack>
          )
        })}
      </Stack>
    </Card>
  )
}

export function DocumentsCard({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t('documents')}
        </Title>
        {buyout.documents.length === 0 && <Text size="sm">{t('documents_none')}</Text>}
        {buyout.documents.toReversed().map((document) => (
          <DocumentRow key={`${document.kind} ${document.number} ${document.version}`} document={document} />
        ))}
        {buyout.signingAnswers.length > 0 && (
          <Text size="sm" fw={600}>
            {t('signing_answers')}
          </Text>
        )}
        {buyout.signingAnswers.map((answer, index) => (
          <Text size="sm" key={index} className="kite-words">
            {t(answer.answer === 'READY' ? 'signing_ready' : 'signing_remark')}
            {answer.text && `: ${answer.text}`} · {formatTime(answer.at, buyout.summary?.timeZone)}
          </Text>
        ))}
      </Stack>
    </Card>
  )
}

function DocumentRow({ document }: { document: Document }) {
  const t = texts.use()
  const name = t('document_line', {
    title: word('document', document.kind),
    number: document.number,
    version: document.version,
  })
  return (
    <Stack gap={2}>
      <Group gap="xs">
        {document.file ? <FileLink file={document.file} name={name} /> : <Text size="sm">{name}</Text>}
        {document.void && (
          <Badge color="gray" variant="light">
            {t('void')}
          </Badge>
        )}
      </Group>
      {document.signed.map((file, index) => (
        <FileLink key={file.id} file={file} name={t('signed_scan', { n: index + 1 })} />
      ))}
    </Stack>
  )
}
