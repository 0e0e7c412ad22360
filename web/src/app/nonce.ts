/** The server puts a fresh nonce into each copy of the page, for the style elements that libraries make. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
