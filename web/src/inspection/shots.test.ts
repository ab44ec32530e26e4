import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { InspectionSchema } from '@/gen/kite/inspection/v1/inspection_pb'
import { nameOf, narrowed, narrowsOf, shotsOf } from './shots'
import { paintOf, sumOf } from './thickness'

const inspection = create(InspectionSchema, {
  photos: [
    { angle: 'FRONT_LEFT', fileId: 'a' },
    { angle: 'VIN_PLATE', fileId: 'v' },
  ],
  identifiers: [
    { place: 'BODY_VIN', value: 'X', photoFileId: 'v' },
    { place: 'WINDSHIELD_VIN', absent: true },
  ],
  defects: [{ element: 'HOOD', kind: 'CHIP', photoFileIds: ['h', 'a'] }],
  paint: [
    { element: 'HOOD', microns: 320 },
    { element: 'ROOF', microns: 104 },
    { element: 'TRUNK', microns: 900 },
    { element: 'FRONT_BUMPER', unmeasurableReason: 'пластик' },
  ],
})

describe('photos of an inspection', () => {
  const shots = shotsOf(inspection)

  it('are listed once each, with everything they show', () => {
    expect(shots.map((shot) => shot.id)).toEqual(['a', 'v', 'h'])
    expect(shots.map(nameOf)).toEqual([
      'спереди слева, капот: скол',
      'табличка VIN, VIN на кузове',
      'капот: скол',
    ])
  })

  it('are narrowed to angles, numbers or a body part', () => {
    expect(narrowsOf(shots)).toEqual(['angle', 'place', 'element:HOOD'])
    expect(narrowed(shots, 'element:HOOD').map((shot) => shot.id)).toEqual(['a', 'h'])
    expect(narrowed(shots, 'place').map((shot) => shot.id)).toEqual(['v'])
    expect(narrowed(shots, undefined)).toHaveLength(3)
  })
})

describe('paint', () => {
  it('is factory, painted again, filled or not measured', () => {
    expect(inspection.paint.map(paintOf)).toEqual(['repaint', 'factory', 'filler', 'unmeasurable'])
    expect(paintOf(undefined)).toBe('none')
  })

  it('is summed over what was measured', () => {
    expect(sumOf(inspection)).toEqual({ min: 104, max: 900, average: 441, again: ['HOOD', 'TRUNK'] })
    expect(sumOf(create(InspectionSchema))).toBeUndefined()
  })
})
