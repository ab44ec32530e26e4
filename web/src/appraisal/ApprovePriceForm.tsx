import type { FormProps } from '@/task/form'

export default function ApprovePriceForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
