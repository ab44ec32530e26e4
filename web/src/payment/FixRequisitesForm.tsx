import type { FormProps } from '@/task/form'

export default function FixRequisitesForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
