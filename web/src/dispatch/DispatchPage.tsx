export default function DispatchPage() {
  return <h1>Осмотры</h1>
}
