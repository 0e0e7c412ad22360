type Asker = () => Promise<boolean>

let asker: Asker | undefined

/** Says who asks the user for a fresh proof; the answer tells whether it was given. Returns how to end that. */
export function onProofNeeded(ask: Asker): () => void {
  asker = ask
  return () => {
    if (asker === ask) asker = undefined
  }
}

/** Asks the user to prove again who it is. False if it did not, or nobody can ask. */
export async function askForProof(): Promise<boolean> {
  return (await asker?.()) ?? false
}
