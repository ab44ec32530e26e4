import { create } from '@bufbuild/protobuf'
import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drafts } from '@/app/storage'
import { TemplateSchema } from '@/gen/kite/inspection/v1/inspection_pb'
import type { DecisionState } from '@/task/form'
import { emptyDraft, type Draft } from './draft'
import { Recorder } from './Recorder'

const template = create(TemplateSchema, {
  code: 'standard',
  version: 3,
  title: 'Стандартный',
  requiredAngles: [],
  paintedElements: ['HOOD', 'ROOF'],
  paintMinUm: 20,
  paintMaxUm: 3000,
  minIdentifiers: 1,
})
const KEY = 'inspect:b/2'

function show(errors: Record<string, string> = {}, accepts = true) {
  const decide = vi.fn<DecisionState['decide']>(() => Promise.resolve(accepts))
  const decision: DecisionState = { decide, busy: false, errors, refusal: '' }
  render(
    <MantineProvider env="test">
      <Recorder
        taskId="b/2"
        buyoutId="b"
        template={template}
        claimed="XTA210990Y2766111"
        decision={decision}
      />
    </MantineProvider>,
  )
  return decide
}

const type = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
const submit = () => fireEvent.click(screen.getByRole('button', { name: 'Сдать осмотр' }))

describe('the recorder of an inspection', { timeout: 30_000 }, () => {
  beforeEach(() => {
    drafts.remove(KEY)
    Object.assign(document, {
      fonts: { addEventListener: () => undefined, removeEventListener: () => undefined },
    })
    vi.stubGlobal('matchMedia', () => ({
      matches: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }))
    vi.stubGlobal(
      'IntersectionObserver',
      class {
        observe = () => undefined
        disconnect = () => undefined
        unobserve = () => undefined
      },
    )
  })
  afterEach(() => {
    cleanup()
    vi.unstubAllGlobals()
  })

  it('shows what is left instead of handing in, and leads there', () => {
    const decide = show()
    submit()
    expect(decide).not.toHaveBeenCalled()
    const list = screen.getByRole('list', { name: 'Что осталось' })
    expect(
      within(list)
        .getAllByRole('button')
        .map((button) => button.textContent),
    ).toEqual(['Идентификаторы: ещё 1', 'Пробег', 'Замер: капот', 'Замер: крыша'])
    Element.prototype.scrollIntoView = vi.fn()
    fireEvent.click(within(list).getByText('Замер: капот'))
    expect(document.activeElement).toBe(screen.getByLabelText('Капот'))
  })

  it('hands in what was typed and forgets the draft when it is accepted', async () => {
    const decide = show()
    type('VIN на кузове', 'ХТА210990Y2766112')
    expect(screen.getByText(/Русские буквы/)).toBeDefined()
    expect(screen.getByText(/Отличается от номера в сделке/)).toBeDefined()
    type(/Пробег по одометру/, '98 000')
    type('Капот', '110')
    fireEvent.keyDown(screen.getByLabelText('Капот'), { key: 'Enter' })
    expect(document.activeElement).toBe(screen.getByLabelText('Крыша'))
    fireEvent.click(screen.getByLabelText('Не измерить: Крыша'))
    fireEvent.click(screen.getByRole('button', { name: 'плёнка' }))
    expect(drafts.get(KEY)).toContain('98 000')
    submit()
    expect(decide).toHaveBeenCalledWith({
      case: 'submitInspection',
      value: expect.objectContaining({
        templateVersion: 3,
        mileageKm: 98000,
        paint: [
          { element: 'HOOD', microns: 110, unmeasurableReason: '' },
          { element: 'ROOF', unmeasurableReason: 'плёнка' },
        ],
      }) as unknown,
    })
    await vi.waitFor(() => expect(drafts.get(KEY)).toBeUndefined())
  })

  it('keeps the draft of an earlier page and shows refusals in their sections', async () => {
    const kept: Partial<Draft> = {
      mileage: '5',
      identifiers: { BODY_VIN: { value: 'XTA210990Y2766111', absent: false, photo: [] } },
      paint: {
        HOOD: { microns: '100', unmeasurable: false, reason: '' },
        ROOF: { microns: '100', unmeasurable: false, reason: '' },
      },
    }
    // What an older version wrote has no defects in it.
    drafts.set(KEY, JSON.stringify({ ...emptyDraft(), ...kept, defects: undefined }))
    const decide = show(
      { 'inspection.paint': 'Замер вне пределов.', 'inspection.photos': 'Нет фото.' },
      false,
    )
    const paint = screen.getByRole('region', { name: 'Замеры ЛКП' })
    expect(within(paint).getByRole('alert').textContent).toBe('Замер вне пределов.')
    expect(within(screen.getByRole('region', { name: 'Фото' })).getByText('Нет фото.')).toBeDefined()
    submit()
    await vi.waitFor(() => expect(decide).toHaveBeenCalledOnce())
    expect(drafts.get(KEY)).toContain('XTA210990Y2766111')
  })
})
