import type { FormProps } from '@/task/form'

export default function VerifyPapersForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
