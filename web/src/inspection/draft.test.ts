import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { InspectionSchema, TemplateSchema } from '@/gen/kite/inspection/v1/inspection_pb'
import {
  bySection,
  emptyDraft,
  lacks,
  paintZone,
  progress,
  toInspection,
  wholeNumber,
  type Draft,
} from './draft'

const template = create(TemplateSchema, {
  code: 'standard',
  version: 3,
  title: 'Стандартный осмотр',
  requiredAngles: ['FRONT_LEFT', 'ODOMETER'],
  paintedElements: ['HOOD', 'ROOF'],
  paintMinUm: 20,
  paintMaxUm: 3000,
  minIdentifiers: 2,
})

function full(): Draft {
  return {
    identifiers: {
      BODY_VIN: { value: ' хта210990у2766111', absent: false, photo: ['f-vin'] },
      POLICE_PLATE: { value: 'typed before', absent: true, photo: [] },
      FRAME: { value: '', absent: false, photo: [] },
    },
    mileage: '123 456',
    photos: { FRONT_LEFT: ['f1', 'f2'], ODOMETER: ['f3'], OTHER: [] },
    paint: {
      HOOD: { microns: '120', unmeasurable: false, reason: '' },
      ROOF: { microns: '99', unmeasurable: true, reason: ' плёнка ' },
    },
    defects: [{ key: 'd', element: 'HOOD', kind: 'CHIP', comment: ' скол ', photos: ['f4'] }],
    comment: ' всё хорошо ',
  }
}

const found = (draft: Draft) => lacks(draft, template).map((lack) => `${lack.what} ${lack.item}`.trim())

describe('what an inspection lacks', () => {
  it('is everything at first and nothing when it is full', () => {
    expect(found(emptyDraft())).toEqual([
      'identifiers_few',
      'mileage',
      'photo FRONT_LEFT',
      'photo ODOMETER',
      'paint HOOD',
      'paint ROOF',
    ])
    expect(progress(emptyDraft(), template)).toBe(0)
    expect(found(full())).toEqual([])
    expect(progress(full(), template)).toBe(1)
  })

  it('counts absent identifiers as read, and those with nothing but a photo not', () => {
    const draft = full()
    draft.identifiers.FRAME = { value: '', absent: false, photo: ['f9'] }
    expect(found(draft)).toEqual(['identifier_unread FRAME'])
    draft.identifiers.POLICE_PLATE = { value: '  ', absent: false, photo: [] }
    expect(found(draft)).toEqual(['identifiers_few', 'identifier_unread FRAME'])
    expect(lacks(draft, template)[0]?.values).toEqual({ count: 1 })
  })

  it('is a mileage of nothing and paint outside what the device reads', () => {
    const draft = full()
    draft.mileage = '0'
    draft.paint.HOOD = { microns: '19', unmeasurable: false, reason: '' }
    draft.paint.ROOF = { microns: '', unmeasurable: true, reason: ' ' }
    expect(found(draft)).toEqual(['mileage_wrong', 'paint_range HOOD', 'paint_reason ROOF'])
    draft.mileage = '12,5'
    draft.paint.HOOD.microns = '3000'
    expect(found(draft)).toEqual(['mileage_wrong', 'paint_reason ROOF'])
    draft.paint.HOOD.microns = '3001'
    expect(found(draft)).toContain('paint_range HOOD')
  })

  it('is the element and kind of a defect that was begun', () => {
    const draft = full()
    draft.defects.push({ key: 'n', element: '', kind: '', comment: '', photos: [] })
    expect(found(draft)).toEqual(['defect_element n'])
    const defect = draft.defects[1]
    if (defect) defect.element = 'ROOF'
    expect(found(draft)).toEqual(['defect_kind n'])
    expect(progress(draft, template)).toBe(1)
  })
})

describe('the message of an inspection', () => {
  it('has what was recorded, and nothing that was not', () => {
    const message = create(InspectionSchema, toInspection(full(), template))
    expect(message).toMatchObject({
      templateCode: 'standard',
      templateVersion: 3,
      mileageKm: 123456,
      comment: 'всё хорошо',
    })
    expect(
      message.identifiers.map(({ place, value, absent, photoFileId }) => [place, value, absent, photoFileId]),
    ).toEqual([
      ['BODY_VIN', 'XTA210990Y2766111', false, 'f-vin'],
      ['POLICE_PLATE', '', true, ''],
    ])
    expect(message.photos.map(({ angle, fileId }) => [angle, fileId])).toEqual([
      ['FRONT_LEFT', 'f1'],
      ['FRONT_LEFT', 'f2'],
      ['ODOMETER', 'f3'],
    ])
    expect(
      message.paint.map(({ element, microns, unmeasurableReason }) => [element, microns, unmeasurableReason]),
    ).toEqual([
      ['HOOD', 120, ''],
      ['ROOF', undefined, 'плёнка'],
    ])
    expect(message.defects[0]).toMatchObject({
      element: 'HOOD',
      kind: 'CHIP',
      comment: 'скол',
      photoFileIds: ['f4'],
    })
  })

  it('reads whole numbers as people type them', () => {
    expect(wholeNumber('123\u00a0456')).toBe(123456)
    for (const wrong of ['', '-1', '1.5', '1e5', '99999999999', '9999999999', 'сто']) {
      expect(wholeNumber(wrong), wrong).toBeUndefined()
    }
  })
})

describe('violations of the server', () => {
  it('land in their sections', () => {
    expect(
      bySection({
        'inspection.photos': 'Нет фото: одометр.',
        'inspection.photos.file_id': 'Файла нет.',
        'inspection.mileage_km': 'Укажите пробег.',
        'inspection.template_version': 'Осмотр идёт по шаблону.',
        comment: 'Другое.',
      }),
    ).toEqual({
      photos: 'Нет фото: одометр.\nФайла нет.',
      mileage: 'Укажите пробег.',
      '': 'Осмотр идёт по шаблону.\nДругое.',
    })
  })

  it('paint is told in words', () => {
    expect([60, 80, 180, 181, 350, 351].map(paintZone)).toEqual([
      'thin',
      'factory',
      'factory',
      'repainted',
      'repainted',
      'filler',
    ])
  })
})
