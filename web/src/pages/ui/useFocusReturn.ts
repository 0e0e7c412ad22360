import { useEffect, useState } from 'react'

/**
 * Gives the focus back to where it was when a dialog appeared, if it is lost when the dialog goes. Mantine
 * does so for one that closes, not for one that is taken away.
 */
export function useFocusReturn(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        const lost = document.activeElement === null || document.activeElement === document.body
        if (lost && before instanceof HTMLElement && before.isConnected) before.focus()
      })
    },
    [before],
  )
}
