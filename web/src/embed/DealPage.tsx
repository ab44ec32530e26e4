export default function DealPage() {
  return <h1>Сделка</h1>
}
