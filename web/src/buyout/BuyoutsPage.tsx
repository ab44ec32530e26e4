export default function BuyoutsPage() {
  return <h1>Выкупы</h1>
}
