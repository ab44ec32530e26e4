export default function BoardPage() {
  return <h1>Доска</h1>
}
