import type { FormProps } from '@/task/form'

export default function CollectPapersForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
