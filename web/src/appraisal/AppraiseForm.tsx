import type { FormProps } from '@/task/form'

export default function AppraiseForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
