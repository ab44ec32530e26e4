import type { FormProps } from '@/task/form'

export default function InspectForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
