export default function TemplatesPage() {
  return <h1>Шаблоны</h1>
}
