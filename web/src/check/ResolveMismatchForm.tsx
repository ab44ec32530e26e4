import type { FormProps } from '@/task/form'

export default function ResolveMismatchForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
