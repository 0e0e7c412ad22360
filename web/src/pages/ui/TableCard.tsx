import { Paper } from '@mantine/core'
import type { ReactNode } from 'react'

/** What a table lies on. */
export function TableCard({ children }: { children: ReactNode }) {
  return (
    <Paper withBorder radius="lg" px={{ base: 4, sm: 'sm' }} py="xs" style={{ overflow: 'hidden' }}>
      {children}
    </Paper>
  )
}
