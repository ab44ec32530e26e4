import type { FormProps } from '@/task/form'

export default function TroubleForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
