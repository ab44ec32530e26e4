/**
 * The sentence of a refusal for a field. The server names fields by path ("decision.submit_papers.fields.color",
 * "requisites.account.bic"); a form knows the end of it.
 */
export function fieldError(errors: Record<string, string>, path: string): string | undefined {
  const found = Object.entries(errors).find(([key]) => key === path || key.endsWith(`.${path}`))
  return found?.[1]
}

/** Sentences for no field of the form: shown above its buttons. */
export function otherErrors(errors: Record<string, string>, paths: string[]): string[] {
  return Object.entries(errors)
    .filter(([key]) => !paths.some((path) => key === path || key.endsWith(`.${path}`)))
    .map(([, text]) => text)
}
