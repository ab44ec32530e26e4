import type { FormProps } from '@/task/form'

export default function DecideSourcesForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
