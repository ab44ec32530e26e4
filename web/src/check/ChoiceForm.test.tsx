import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drafts } from '@/app/storage'
import type { DecisionState } from '@/task/form'
import { likeABrowser } from '@/ui/testing'
import { ChoiceForm, type Choice } from './ChoiceForm'

const choices: Choice<'AGAIN' | 'STOP' | 'GO'>[] = [
  { code: 'AGAIN', label: 'Спросить ещё раз', text: '', reason: false },
  { code: 'STOP', label: 'Прекратить', text: 'Сделка закончится.', reason: true, confirm: 'Точно?' },
  { code: 'GO', label: 'Продолжить', text: '', reason: true, blocked: 'Дальше деньги.' },
]

function show(send: (code: string, reason: string) => Promise<boolean>, more: Partial<DecisionState> = {}) {
  const decision: DecisionState = { decide: vi.fn(), busy: false, errors: {}, refusal: '', ...more }
  return render(
    <MantineProvider env="test">
      <ModalsProvider>
        <ChoiceForm draft="sources:1" choices={choices} decision={decision} send={send} />
      </ModalsProvider>
    </MantineProvider>,
  )
}

describe('a choice with a reason', () => {
  beforeEach(() => {
    drafts.keys().forEach((key) => drafts.remove(key))
    likeABrowser()
  })
  afterEach(cleanup)

  it('is sent at once when it ends nothing, and forgotten when it was accepted', async () => {
    const send = vi.fn(async () => true)
    show(send)
    fireEvent.click(screen.getByRole('button'))
    expect(screen.getByText('Выберите решение.')).toBeTruthy()
    fireEvent.click(screen.getByLabelText('Спросить ещё раз'))
    fireEvent.click(screen.getByRole('button', { name: 'Спросить ещё раз' }))
    await waitFor(() => expect(send).toHaveBeenCalledWith('AGAIN', ''))
    await waitFor(() => expect(drafts.get('sources:1')).toBeUndefined())
  })

  it('wants its reason, asks once more, and keeps what was typed when it is refused', async () => {
    const send = vi.fn(async () => false)
    const first = show(send)
    fireEvent.click(screen.getByLabelText('Прекратить'))
    fireEvent.click(screen.getByRole('button', { name: 'Прекратить' }))
    expect(screen.getByText('Напишите причину.')).toBeTruthy()
    fireEvent.change(screen.getByLabelText(/Причина/), { target: { value: ' клиент <b>против</b> ' } })
    fireEvent.click(screen.getByRole('button', { name: 'Прекратить' }))
    expect(send).not.toHaveBeenCalled()
    const dialog = await screen.findByRole('dialog')
    fireEvent.click([...dialog.querySelectorAll('button')].find((each) => each.textContent === 'Прекратить')!)
    await waitFor(() => expect(send).toHaveBeenCalledWith('STOP', 'клиент <b>против</b>'))
    first.unmount()
    show(send, { errors: { 'decision.mismatch.reason': 'Слишком коротко.' } })
    expect(screen.getByLabelText<HTMLTextAreaElement>(/Причина/).value).toBe(' клиент <b>против</b> ')
    expect(screen.getByText('Слишком коротко.')).toBeTruthy()
  })

  it('does not offer what the process would refuse, and says why', () => {
    show(vi.fn())
    expect(screen.getByLabelText<HTMLInputElement>('Продолжить').disabled).toBe(true)
    expect(screen.getByText('Дальше деньги.')).toBeTruthy()
  })

  it('is read-only for whoever may not decide', () => {
    show(vi.fn(), { refusal: 'Вы осматривали этот автомобиль.' })
    expect(screen.getByRole<HTMLButtonElement>('button').disabled).toBe(true)
    expect(screen.getByText(/Вы осматривали/)).toBeTruthy()
  })
})
