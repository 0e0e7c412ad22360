// Prints the goals with what was measured: runs all tests with full sample counts and collects their figures. Arguments: test files, absent all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const figures = `${here}out/figures.jsonl`;
mkdirSync(`${here}out`, { recursive: true });
rmSync(figures, { force: true });
const files = process.argv.slice(2);
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-timeout=600000', ...(files.length ? files : ['test/'])],
  { cwd: here, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, E2E_MEASURE: '1', E2E_FIGURES: figures } });
const rows = existsSync(figures) ? readFileSync(figures, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
const width = Math.max(10, ...rows.map(({ what }) => what.length));
console.log(`\n${'figure'.padEnd(width)}  measured        goal`);
for (const { what, value, unit, bound, met } of rows) {
  console.log(`${what.padEnd(width)}  ${`${value} ${unit}`.padEnd(14)}  ${bound}${met ? '' : '   MISSED'}`);
}
process.exit(status ?? 1);
