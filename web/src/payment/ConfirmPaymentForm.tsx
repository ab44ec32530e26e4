import type { FormProps } from '@/task/form'

export default function ConfirmPaymentForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
