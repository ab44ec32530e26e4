export default function PoliciesPage() {
  return <h1>Правила</h1>
}
