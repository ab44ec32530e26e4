import { useMediaQuery } from '@mantine/hooks'

/** As narrow as a phone: Mantine's breakpoint "sm". */
export function usePhone(): boolean {
  return useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
}
