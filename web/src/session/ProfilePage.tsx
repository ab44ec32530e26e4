export default function ProfilePage() {
  return <h1>Профиль</h1>
}
