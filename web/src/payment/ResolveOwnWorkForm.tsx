import type { FormProps } from '@/task/form'

export default function ResolveOwnWorkForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
