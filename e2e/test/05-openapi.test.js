// The description of the control API, as a public linter sees it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from '../lib/server.js';

test('the OpenAPI description lints clean', async (t) => {
  const server = await startServer();
  const dir = await mkdtemp(join(tmpdir(), 'switchyard-openapi-'));
  try {
    const response = await fetch(`http://127.0.0.1:${server.http}/openapi.json`);
    const text = await response.text();
    const description = JSON.parse(text);
    const operations = Object.values(description.paths).flatMap((item) => Object.values(item));
    t.diagnostic(`OpenAPI ${description.openapi}, ${operations.length} operations`);
    assert.match(description.openapi, /^3\.1/);
    assert.ok(operations.length > 50);
    const yaml = await fetch(`http://127.0.0.1:${server.http}/openapi.yaml`);
    assert.match(await yaml.text(), /openapi: 3\.1/);
    await writeFile(join(dir, 'openapi.json'), text);
    // The web client's types are made of this description and are kept with it.
    await promisify(execFile)('npm', ['run', '--silent', 'api', '--', join(dir, 'openapi.json'), '--check'], { cwd: fileURLToPath(new URL('../../web', import.meta.url)) })
      .catch((fault) => assert.fail(`npm run api: ${fault.stdout}${fault.stderr}`));
    await writeFile(join(dir, 'rules.yaml'), 'extends: ["spectral:oas"]\n');
    const linter = fileURLToPath(new URL('../node_modules/.bin/spectral', import.meta.url));
    // --fail-severity=hint: nothing at all may be said against it.
    const { stdout } = await promisify(execFile)(linter, ['lint', '--fail-severity=hint', '-r', join(dir, 'rules.yaml'), join(dir, 'openapi.json')])
      .catch((fault) => assert.fail(`spectral: ${fault.stdout}${fault.stderr}`));
    t.diagnostic(stdout.trim());
    const docs = await fetch(`http://127.0.0.1:${server.http}/docs`);
    assert.ok(docs.ok && (await docs.text()).includes('id="join-meeting"'), 'the reference page');
  } finally {
    await rm(dir, { recursive: true });
    await server.stop();
  }
});
