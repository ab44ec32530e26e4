import type { FormProps } from '@/task/form'

export default function SignContractForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
