import type { FormProps } from '@/task/form'

export default function OfferToClientForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
