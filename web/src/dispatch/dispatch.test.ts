import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { InspectorSchema } from '@/gen/kite/inspection/v1/inspection_pb'
import { byLoad, share } from './load'
import { countFilters, dispatchRequest, dispatchSearch, tabOf } from './search'

describe('the address of the dispatcher’s page', () => {
  it('is read back, and what is not understood is dropped', () => {
    const search = dispatchSearch({
      q: 'XTA',
      city: 'Казань',
      overdue: 'true',
      tab: 'running',
      item: 'buyout:p:7/2',
      page: 9,
    })
    expect(search).toEqual({
      q: 'XTA',
      city: 'Казань',
      overdue: true,
      tab: 'running',
      item: 'buyout:p:7/2',
    })
    expect(dispatchSearch({ tab: 'else', overdue: 'no', q: '' })).toEqual({})
    expect(tabOf({})).toBe('waiting')
    expect(countFilters(search)).toBe(2)
  })

  it('asks for the tasks of its tab', () => {
    expect(dispatchRequest({})).toMatchObject({ kind: 'ASSIGN_INSPECTOR', city: '', overdue: false })
    expect(dispatchRequest({ tab: 'running', q: 'а123' })).toMatchObject({ kind: 'INSPECT', text: 'а123' })
  })
})

describe('inspectors', () => {
  const inspector = (name: string, dueToday: number, openInspections: number, absent = false) =>
    create(InspectorSchema, { person: { id: name, name }, dueToday, openInspections, absent })
  const all = [
    inspector('Яков', 0, 0, true),
    inspector('Борис', 2, 2),
    inspector('Вера', 1, 8),
    inspector('Анна', 1, 4),
    inspector('Алла', 1, 4),
  ]

  it('are offered by what they have to do today, absent ones last', () => {
    expect(byLoad(all).map((each) => each.person?.name)).toEqual(['Алла', 'Анна', 'Вера', 'Борис', 'Яков'])
  })

  it('have a load against the busiest', () => {
    expect(all.map((each) => share(each, all))).toEqual([0, 25, 100, 50, 50])
    expect(share(inspector('x', 0, 0), [])).toBe(0)
  })
})
