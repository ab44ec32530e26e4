import { defaultParseSearch, defaultStringifySearch } from '@tanstack/react-router'
import { describe, expect, it } from 'vitest'

import { buyoutsRequest, countFilters } from '@/buyout/filter'
import { buyoutSearch, type BuyoutSearch } from '@/buyout/search'
import { groupsOf } from '@/buyout/stages'
import { tabOf, TABS, tasksRequest, withTab } from '@/task/filter'
import { taskSearch, type TaskSearch } from '@/task/search'
import { queryOf, sameQuery, searchOf } from './query'

const tasks: TaskSearch = {
  q: 'А123ВС 77',
  kind: 'APPRAISE',
  city: 'Нижний Новгород & Ко',
  states: ['OPEN'],
  overdue: true,
  escalated: true,
}
const buyouts: BuyoutSearch = {
  q: '1042',
  stages: ['OFFER', 'BARGAINING'],
  city: 'Казань',
  inspector: 'ivanov',
  ended: 'too',
  overdue: true,
  troubled: true,
  order: 'DEADLINE',
  asc: true,
  from: '2026-11-01',
  to: '2026-11-24',
}
const set = (search: object) =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined))

describe('a filter', () => {
  it('survives its address, with numbers that are text', () => {
    const there = (search: object) => defaultParseSearch(defaultStringifySearch(search))
    expect(set(taskSearch(there(tasks)))).toEqual(tasks)
    expect(set(buyoutSearch(there(buyouts)))).toEqual(buyouts)
  })

  it('survives being saved, in whatever order it was put together', () => {
    expect(set(buyoutSearch(searchOf(queryOf(buyouts))))).toEqual(buyouts)
    const turned = Object.fromEntries(Object.entries(tasks).reverse())
    expect(queryOf(turned)).toBe(queryOf(tasks))
    expect(queryOf({ q: undefined })).toBe('')
    expect(sameQuery('?overdue=true&kind=APPRAISE', 'kind=APPRAISE&overdue=true')).toBe(true)
    expect(sameQuery('kind=APPRAISE', 'kind=BARGAIN')).toBe(false)
  })

  it('that nobody understands opens the whole list', () => {
    expect(set(taskSearch(searchOf('kind=&overdue=maybe&states=5&city={"a":1}')))).toEqual({})
    expect(set(buyoutSearch(searchOf('ended=perhaps&order=PRICE')))).toEqual({})
  })

  it('asks the server for what it says', () => {
    expect(tasksRequest({ closed: true })).toMatchObject({
      states: ['DONE', 'CANCELLED', 'EXPIRED'],
      latestFirst: true,
    })
    expect(buyoutsRequest({}).active).toBe(true)
    expect(buyoutsRequest({ ended: 'only' }).active).toBe(false)
    expect(buyoutsRequest({ ended: 'too' }).active).toBeUndefined()
    expect(buyoutsRequest({ from: 'yesterday' }).startedFrom).toBeUndefined()
    const { startedFrom, startedTo } = buyoutsRequest({ from: '2026-11-24', to: '2026-11-24' })
    // A day from its beginning to the beginning of the next.
    expect(
      Number((startedTo?.seconds ?? 0n) as bigint) - Number((startedFrom?.seconds ?? 0n) as bigint),
    ).toBe(86_400)
    expect(countFilters(buyouts)).toBe(8)
  })
})

describe('tabs of the task list', () => {
  it('are parts of the filter', () => {
    for (const tab of TABS) expect(tabOf(withTab({ q: 'x' }, tab))).toBe(tab)
  })

  it('keep what makes sense under the other one', () => {
    expect(set(withTab(tasks, 'closed'))).toEqual({
      q: tasks.q,
      kind: tasks.kind,
      city: tasks.city,
      closed: true,
    })
    expect(withTab(tasks, 'mine').overdue).toBe(true)
  })
})

describe('columns of the board', () => {
  it('are those that the filter leaves something in', () => {
    expect(groupsOf({})).not.toContain('bought')
    expect(groupsOf({ ended: 'only' })).toEqual(['bought', 'lost'])
    expect(groupsOf({ stages: ['OFFER', 'DONE'] })).toEqual(['offer'])
    expect(groupsOf({ stages: ['OFFER', 'DONE'], ended: 'too' })).toEqual(['offer', 'bought'])
  })
})
