import type { FormProps } from '@/task/form'

export default function BargainForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
