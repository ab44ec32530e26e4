import { act, renderHook } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'

import { drafts } from './storage'
import { useDraft } from './useDraft'

describe('a draft', () => {
  beforeEach(() => drafts.keys().forEach((key) => drafts.remove(key)))

  it('outlives the form, with money in it', () => {
    const first = renderHook(() => useDraft('appraise:1', { price: 0n, comment: '' }))
    act(() => first.result.current[1]((old) => ({ ...old, price: 9007199254740993n, comment: '«ok»' })))
    first.unmount()
    const second = renderHook(() => useDraft('appraise:1', { price: 0n, comment: '' }))
    expect(second.result.current[0]).toEqual({ price: 9007199254740993n, comment: '«ok»' })
  })

  it('is of one record and ends when it is accepted', () => {
    const form = renderHook(({ id }) => useDraft(id, ''), { initialProps: { id: 'a' } })
    act(() => form.result.current[1]('typed'))
    form.rerender({ id: 'b' })
    expect(form.result.current[0]).toBe('')
    form.rerender({ id: 'a' })
    expect(form.result.current[0]).toBe('typed')
    act(() => form.result.current[2]())
    expect(form.result.current[0]).toBe('')
    expect(drafts.get('a')).toBeUndefined()
  })

  it('that cannot be read is begun anew', () => {
    drafts.set('x', '{broken')
    expect(renderHook(() => useDraft('x', 7)).result.current[0]).toBe(7)
  })
})
