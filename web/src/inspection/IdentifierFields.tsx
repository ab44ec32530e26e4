import { Button, Card, Checkbox, Collapse, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'

import { useCodes, word } from '@/ui/codes'
import { FileDrop } from '@/ui/FileDrop'
import { anchorOf, NO_IDENTIFIER, type Draft, type IdentifierDraft } from './draft'
import { capital } from './Photos'
import { inspection as texts } from './texts'
import { hints, isFrame, type Hint } from './vin'

const VIN_PLACES = ['BODY_VIN', 'WINDSHIELD_VIN', 'POLICE_PLATE', 'REGISTRATION_CERTIFICATE']
const FRAME_PLACES = ['FRAME', 'BODY_NUMBER', 'POLICE_PLATE', 'REGISTRATION_CERTIFICATE']
const ALL = [...VIN_PLACES, 'BODY_NUMBER', 'FRAME']

interface Props {
  value: Draft['identifiers']
  onChange: (place: string, change: Partial<IdentifierDraft>) => void
  /** VIN or frame number of the deal. */
  claimed: string
  buyoutId: string
  /** Beginning of the slots of uploads. */
  slot: string
}

/** What the car is known by, read off each place. */
export function IdentifierFields(props: Props) {
  const t = texts.use()
  useCodes()
  const usual = isFrame(props.claimed) ? FRAME_PLACES : VIN_PLACES
  const other = ALL.filter((place) => !usual.includes(place))
  const begun = other.some((place) => props.value[place] !== undefined)
  const [shown, { toggle }] = useDisclosure(begun)
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        {usual.map((place) => (
          <Place key={place} place={place} {...props} />
        ))}
      </SimpleGrid>
      <Button variant="subtle" size="md" onClick={toggle} aria-expanded={shown} w="fit-content" px="xs">
        {shown ? t('fewer_places') : t('more_places')}
      </Button>
      <Collapse expanded={shown}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {other.map((place) => (
            <Place key={place} place={place} {...props} />
          ))}
        </SimpleGrid>
      </Collapse>
    </Stack>
  )
}

function Place({ place, value, onChange, claimed, buyoutId, slot }: Props & { place: string }) {
  const t = texts.use()
  const reading = value[place] ?? NO_IDENTIFIER
  const title = capital(word('place', place))
  return (
    <Card withBorder padding="xs" id={anchorOf('identifiers', place)} style={{ scrollMarginTop: 64 }}>
      <Stack gap="xs">
        <TextInput
          label={title}
          size="md"
          classNames={{ input: 'kite-mono' }}
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          maxLength={40}
          value={reading.absent ? '' : reading.value}
          disabled={reading.absent}
          inputWrapperOrder={['label', 'input', 'description']}
          description={reading.absent ? undefined : <Hints found={hints(reading.value, claimed, place)} />}
          onChange={(event) => onChange(place, { value: event.currentTarget.value })}
        />
        <Checkbox
          size="md"
          label={t('absent')}
          checked={reading.absent}
          onChange={(event) => onChange(place, { absent: event.currentTarget.checked })}
        />
        <FileDrop
          label={t('identifier_photo', { place: title })}
          name={word('place', place)}
          slot={`${slot}/identifier/${place}`}
          buyoutId={buyoutId}
          kind="PHOTO"
          multiple={false}
          value={reading.photo}
          onChange={(photo) => onChange(place, { photo })}
        />
      </Stack>
    </Card>
  )
}

function Hints({ found }: { found: Hint[] }) {
  const t = texts.use()
  if (found.length === 0) return undefined
  return (
    <span role="status">
      {found.map((hint) => {
        const { kind, ...values } = hint
        const good = kind === 'check_digit_right'
        return (
          <Text
            key={kind}
            span
            size="sm"
            display="block"
            c={good ? undefined : 'var(--kite-soon)'}
            data-hint={kind}
          >
            {good || kind === 'length' ? '' : t('check')}
            {t(`hint_${kind}`, values)}
          </Text>
        )
      })}
    </span>
  )
}
