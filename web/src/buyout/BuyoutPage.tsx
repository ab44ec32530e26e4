export default function BuyoutPage() {
  return <h1>Выкуп</h1>
}
