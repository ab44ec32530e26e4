export default function TaskPage() {
  return <h1>Задача</h1>
}
