export default function NotificationsPage() {
  return <h1>Уведомления</h1>
}
