import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** The house's blue: signal glass at dusk. */
const rail: MantineColorsTuple = [
  '#eef4fd',
  '#dce6f6',
  '#b5caee',
  '#8aade6',
  '#6694df',
  '#4f84dc',
  '#3f79d6',
  '#3168c1',
  '#285cae',
  '#1a4f9b',
]

/** Greys of the dark scheme, a little towards the blue. */
const dark: MantineColorsTuple = [
  '#d0d5dd',
  '#b8bfca',
  '#929baa',
  '#697383',
  '#414a57',
  '#343c47',
  '#2a3038',
  '#1f242b',
  '#171b20',
  '#101316',
]

export const theme = createTheme({
  primaryColor: 'rail',
  primaryShade: { light: 7, dark: 6 },
  colors: { rail, dark },
  defaultRadius: 'md',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
})
