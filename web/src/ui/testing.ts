// What Mantine asks of a browser and the one of the unit tests does not have.

export function likeABrowser(): void {
  const silent = { addEventListener: () => undefined, removeEventListener: () => undefined }
  window.matchMedia = (query) => ({ matches: false, media: query, ...silent }) as unknown as MediaQueryList
  Object.defineProperty(document, 'fonts', { value: silent, configurable: true })
}
