import type { FormProps } from '@/task/form'

export default function AwaitRemovalForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
