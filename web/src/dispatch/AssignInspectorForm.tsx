import type { FormProps } from '@/task/form'

export default function AssignInspectorForm({ task }: FormProps) {
  return <p>{task.title}</p>
}
