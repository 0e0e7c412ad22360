/** What is new in one version. */
export interface Release {
  version: string
  changes: string[]
}

/**
 * Reads CHANGELOG.md: a heading of the second order for each version, and a list below it. What stands before
 * the first heading is for those who read the file.
 */
export function releasesIn(markdown: string): Release[] {
  const releases: Release[] = []
  for (const line of markdown.split('\n')) {
    const heading = /^## (.+)$/.exec(line)?.[1]
    const item = /^- (.+)$/.exec(line)?.[1]
    const last = releases.at(-1)
    if (heading !== undefined) releases.push({ version: heading.trim(), changes: [] })
    else if (item !== undefined) last?.changes.push(item)
    else if (last && /^ {2}\S/.test(line)) last.changes.push(`${last.changes.pop() ?? ''} ${line.trim()}`.trim())
  }
  return releases
}
