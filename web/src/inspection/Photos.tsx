import { SimpleGrid } from '@mantine/core'

import { useCodes, word } from '@/ui/codes'
import { FileDrop } from '@/ui/FileDrop'
import { anchorOf, type Draft } from './draft'

const OTHER = 'OTHER'

/** A place for each angle that the template asks for, and one for the rest. */
export function Photos({
  angles,
  value,
  onChange,
  buyoutId,
  slot,
}: {
  angles: string[]
  value: Draft['photos']
  onChange: (angle: string, ids: string[]) => void
  buyoutId: string
  slot: string
}) {
  useCodes()
  const shown = angles.includes(OTHER) ? angles : [...angles, OTHER]
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
      {shown.map((angle) => (
        <div key={angle} id={anchorOf('photos', angle)} tabIndex={-1} style={{ scrollMarginTop: 64 }}>
          <FileDrop
            label={capital(word('angle', angle))}
            name={word('angle', angle)}
            slot={`${slot}/photo/${angle}`}
            buyoutId={buyoutId}
            kind="PHOTO"
            required={angles.includes(angle)}
            value={value[angle] ?? []}
            onChange={(ids) => onChange(angle, ids)}
          />
        </div>
      ))}
    </SimpleGrid>
  )
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
