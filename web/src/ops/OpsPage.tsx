export default function OpsPage() {
  return <h1>Сопровождение</h1>
}
