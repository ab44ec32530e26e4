import { Alert, Anchor, Badge, Card, Group, Stack, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

/** "79211234567" as people write it. */
export function formatPhone(digits: string): string {
  const match = /^7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(digits)
  return match ? `+7 ${match[1]} ${match[2]}-${match[3]}-${match[4]}` : `+${digits}`
}

/** Who sells, which car, where it is seen; people who must not know the client see the car alone. */
export function ClientCard({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const { client, car, visit, summary } = buyout
  const zone = summary?.timeZone
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        {client && (
          <>
            <Group justify="space-between">
              <Title order={2} size="h5">
                {t('client')}
              </Title>
              {visit?.status && <Badge variant="light">{word('visit', visit.status)}</Badge>}
            </Group>
            {!client.consent && (
              <Alert color="red" variant="light" p="xs">
                {t('no_consent')}
              </Alert>
            )}
            <Facts
              rows={[
                [t('client'), client.name],
                [
                  t('call'),
                  client.phone && <Anchor href={`tel:+${client.phone}`}>{formatPhone(client.phone)}</Anchor>,
                ],
                ['E-mail', client.email && <Anchor href={`mailto:${client.email}`}>{client.email}</Anchor>],
                [t('visit'), visit?.at && formatTime(visit.at, zone)],
                [t('city'), visit?.city],
                [
                  t('route'),
                  visit?.address && (
                    <Anchor
                      href={`https://yandex.ru/maps/?rtext=~${encodeURIComponent(`${visit.city}, ${visit.address}`)}`}
                      target="_blank"
                      rel="noreferrer"
                    >
                      {visit.address}
                    </Anchor>
                  ),
                ],
              ]}
            />
          </>
        )}
        <Title order={2} size="h5">
          {t('car')}
        </Title>
        <Facts
          rows={[
            [t('car'), car && `${car.make} ${car.model}`],
            [t('year'), car?.year],
            [t('identifier'), car && <span className="kite-mono">{car.identifier}</span>],
            ['', car?.identifierWarning],
            [t('plate'), car && <span className="kite-mono">{car.plate}</span>],
            [
              t('mileage'),
              car && car.mileageKm > 0 && t('km', { value: car.mileageKm.toLocaleString('ru-RU') }),
            ],
            [t('site'), summary?.site],
            [t('legal_entity'), buyout.legalEntity?.name],
            [t('deal'), summary && String(summary.dealId)],
            [t('inspector'), buyout.inspector?.name],
          ]}
        />
      </Stack>
    </Card>
  )
}
