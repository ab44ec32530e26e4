import {
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
} from '@mantine/core'

import { settings } from './storage'

const kite: MantineColorsTuple = [
  '#e9f2fc',
  '#d2e2f5',
  '#a4c4ea',
  '#73a4df',
  '#4d89d6',
  '#3578d1',
  '#276fcf',
  '#195eb8',
  '#1b4d8f',
  '#0a3d7a',
]

// Mantine's own shades fail the contrast of small white text; darker primaries and autoContrast mend it.
export const theme = createTheme({
  colors: { kite },
  primaryColor: 'kite',
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  // Words on a tinted ground are words: the tint alone says which colour it is.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input)
    return input.variant === 'light' ? { ...colors, color: 'var(--mantine-color-text)' } : colors
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "Noto Sans Mono", monospace',
  headings: { fontWeight: '600' },
  respectReducedMotion: true,
})

/** Remembers the scheme in this browser, and works where storage is refused. */
export const schemes: MantineColorSchemeManager = {
  get: (fallback) => {
    const kept = settings.get('theme')
    return kept === 'light' || kept === 'dark' || kept === 'auto' ? kept : fallback
  },
  set: (value) => settings.set('theme', value),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => settings.remove('theme'),
}
