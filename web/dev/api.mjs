// Makes src/api/schema.d.ts from what a running switchyard says of its control API:
//   npm run api -- http://localhost:8080            writes it
//   npm run api -- http://localhost:8080 --check    fails if the one that is there is another
// A file that holds an openapi.json does as well as an address.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const [source = 'http://localhost:8080', ...options] = process.argv.slice(2)
const file = new URL('../src/api/schema.d.ts', import.meta.url)

const description = /^https?:/.test(source)
  ? await (await fetch(new URL('/openapi.json', source))).json()
  : JSON.parse(await readFile(source, 'utf8'))
const made = `// Made by \`npm run api\` from the server's /openapi.json. Not to be changed by hand.\n\n${astToString(await openapiTS(description))}`

if (!options.includes('--check')) await writeFile(file, made)
else if (made !== (await readFile(file, 'utf8'))) {
  console.error('src/api/schema.d.ts is not what the server describes: run npm run api')
  process.exitCode = 1
}
