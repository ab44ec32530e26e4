import type { FormProps } from '@/task/form'

export default function ApprovePaymentForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
