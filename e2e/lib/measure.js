// Goals and what was measured. A test asserts a ceiling of five times a goal; `npm run measure` asks for more samples and prints the table.
import { appendFileSync, mkdirSync } from 'node:fs';
import assert from 'node:assert/strict';
import { out } from './fixtures.js';

/** Whether this run measures: more samples, for figures worth reporting. */
export const measuring = process.env.E2E_MEASURE === '1';

/** How many samples to take: `full` when measuring, else `few`. */
export const samples = (few, full) => (measuring ? full : few);

export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))];
};
export const median = (values) => percentile(values, 0.5);

/**
 * Notes a figure that should be at most (`goal`) or, with `atLeast`, at least that; fails the test when it is beyond the ceiling, which is five times the goal
 * unless given.
 */
export function figure(t, what, value, { goal, unit = 'ms', atLeast = false, ceiling = atLeast ? goal : 5 * goal }) {
  const met = atLeast ? value >= goal : value <= goal;
  const shown = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
  const bound = `${atLeast ? '>=' : '<='} ${goal} ${unit}`;
  t.diagnostic(`${what}: ${shown} ${unit} (goal ${bound}${met ? '' : ', missed'})`);
  if (process.env.E2E_FIGURES) {
    mkdirSync(out, { recursive: true });
    appendFileSync(process.env.E2E_FIGURES, `${JSON.stringify({ what, value: shown, unit, bound, met })}\n`);
  }
  assert.ok(atLeast ? value >= ceiling : value <= ceiling, `${what}: ${shown} ${unit}, but at ${atLeast ? 'least' : 'most'} ${ceiling} ${unit} is allowed`);
}
