import { create } from '@bufbuild/protobuf'
import { MantineProvider } from '@mantine/core'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'

import { BuyoutSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { TaskSchema } from '@/gen/kite/task/v1/task_pb'
import { drafts } from '@/app/storage'
import { uploads } from '@/ui/uploads'
import SignContractForm from './SignContractForm'

vi.mock('@/buyout/PapersTab', () => ({ DocumentsCard: () => null }))
vi.mock('./Made', () => ({ Made: () => null }))

afterEach(() => {
  uploads.clear()
  cleanup()
})

it('is not handed in while a scan is still on its way', () => {
  drafts.set('sign:b/9', JSON.stringify({ contract: ['f1'], act: ['f2'] }))
  const decision = { decide: vi.fn(), busy: false, errors: {}, refusal: '' }
  render(
    <MantineProvider env="test">
      <SignContractForm
        task={create(TaskSchema, { id: 'b/9', buyoutId: 'b' })}
        buyout={create(BuyoutSchema)}
        decision={decision}
      />
    </MantineProvider>,
  )
  const button = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Документы подписаны' })
  expect(button().disabled).toBe(false)
  act(() =>
    uploads.add({ slot: 'b/SCAN/act', buyoutId: 'b', kind: 'SCAN' }, [
      new File(['x'], 'page.pdf', { type: 'application/pdf' }),
    ]),
  )
  expect(button().disabled).toBe(true)
  expect(screen.getByText(/1 файл/)).toBeTruthy()
  const item = uploads.items()[0]
  act(() => uploads.remove(item?.key ?? ''))
  expect(button().disabled).toBe(false)
})
