export default function HomePage() {
  return <h1>Главная</h1>
}
