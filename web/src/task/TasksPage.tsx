export default function TasksPage() {
  return <h1>Задачи</h1>
}
