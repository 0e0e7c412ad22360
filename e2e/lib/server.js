// The built program: started on free ports with a data directory of its own, as an unprivileged user when the tests run as root.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { chmod, chown, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import dgram from 'node:dgram';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { once } from 'node:events';
import { out } from './fixtures.js';

const built = process.env.SWITCHYARD_BIN ?? fileURLToPath(new URL('../../bin/switchyard', import.meta.url));
const nobody = 65534;

async function bindable(make) {
  const socket = make();
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

const freeTCP = () => bindable(() => net.createServer().listen(0, '127.0.0.1'));

/** A port that is free for UDP and TCP. */
async function freeBoth() {
  for (;;) {
    const port = await bindable(() => dgram.createSocket('udp4').bind(0));
    const tcp = net.createServer();
    const free = await new Promise((resolve) => {
      tcp.once('error', () => resolve(false));
      tcp.listen(port, () => tcp.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

function unprivileged(command, args) {
  if (process.getuid() !== 0) return [command, args];
  return ['setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs', command, ...args]];
}

/** What must never stand in the log of a server that is well. */
const illness = /panic|fatal error|goroutine \d+ \[|DATA RACE/;

/**
 * Starts the server and resolves when it is ready. `log` names its log file in out/; `named`: it is told that people reach it as localhost. The returned object:
 * `http` and `media` (ports), `origin`, `invite` ({code, room} of the printed address), `token`, `metrics`, `settled`, `stop`.
 */
export async function startServer({ log = basename(process.argv[1] ?? 'server', '.test.js'), args = [], env = {}, named = false } = {}) {
  if (!existsSync(built)) throw new Error(`${built} is not there: make build`);
  mkdirSync(out, { recursive: true });
  const home = await mkdtemp(join(tmpdir(), 'switchyard-e2e-'));
  const binary = join(home, 'switchyard'), data = join(home, 'data');
  await copyFile(built, binary);
  await chmod(binary, 0o755);
  await chmod(home, 0o755);
  mkdirSync(data);
  if (process.getuid() === 0) await chown(data, nobody, nobody);

  const http = await freeTCP(), media = await freeBoth();
  const environment = { PATH: process.env.PATH, HOME: data, ...(named && { SWITCHYARD_HTTP_PUBLIC_URL: `http://localhost:${http}` }), ...env };
  const child = spawn(...unprivileged(binary, ['serve', '--http', `127.0.0.1:${http}`, '--media', `:${media}`, '--data', data, ...args]),
    { env: environment, cwd: data, stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(`${out}${log}.log`, { flags: 'a' });
  let text = '', printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
    file.write(chunk);
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
    file.write(chunk);
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const origin = `http://localhost:${http}`;

  async function ready() {
    for (const end = Date.now() + 15000; Date.now() < end;) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${printed}${text}`);
      const response = await fetch(`http://127.0.0.1:${http}/readyz`).catch(() => undefined);
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the server was not ready in 15 s:\n${printed}${text}`);
  }
  await ready();

  const fragment = new URLSearchParams(/#(\S+)/.exec(printed)?.[1] ?? '');
  const setup = /\/setup#(\S+)/.exec(printed)?.[1];

  async function metrics() {
    const body = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    const values = {};
    for (const line of body.split('\n')) {
      const match = /^([a-z_:][^\s]*(?:\{.*\})?) (\S+)$/i.exec(line);
      if (match) values[match[1]] = Number(match[2]);
    }
    return values;
  }
  const idle = await metrics();

  return {
    http, media, origin, data, setup, invite: { code: fragment.get('code'), room: fragment.get('room') },
    websocket: `ws://localhost:${http}/rtc`,
    get log() { return text; },
    get alive() { return child.exitCode === null; },
    pid: child.pid,
    metrics,

    /** An access token, made by the program itself. */
    async token(room, identity, { name, grants = [], ttl } = {}) {
      const options = ['--room', room, '--identity', identity, ...(name ? ['--name', name] : []), ...grants.flatMap((grant) => ['--grant', grant]), ...(ttl ? ['--ttl', ttl] : [])];
      const { stdout } = await promisify(execFile)(...unprivileged(binary, ['token', '--data', data, ...options]), { env: environment, cwd: data });
      return stdout.trim();
    },

    /** The key that signs tokens, for forging some. */
    async key() {
      return (await readFile(join(data, 'keys', 'signing.key'), 'utf8')).split('\n')[0];
    },

    /** Stops it in order. Throws if it panicked, did not end in 20 s, ended with a fault, or (`leaks`) still had goroutines of people who had left. */
    async stop({ leaks = true } = {}) {
      let left = '';
      if (child.exitCode === null) {
        if (leaks) {
          // Participants without a transport are kept 30 s, so only what is left without need counts: a generous bound over an idle server.
          const limit = idle.go_goroutines + 30;
          const end = Date.now() + 5000;
          let now = Infinity;
          while (Date.now() < end && (now = (await metrics()).go_goroutines) > limit) await new Promise((resolve) => setTimeout(resolve, 100));
          if (now > limit) left = `${now} goroutines are left, ${idle.go_goroutines} at the start`;
        }
        child.kill('SIGTERM');
      }
      const late = new Promise((resolve) => { setTimeout(resolve, 20000, undefined).unref(); });
      const end = await Promise.race([exited, late]);
      if (!end) child.kill('SIGKILL');
      file.end();
      await rm(home, { recursive: true, force: true });
      if (!end) throw new Error('the server did not end in 20 s');
      if (illness.test(text)) throw new Error(`the server was ill:\n${text.slice(text.search(illness) - 200).slice(0, 4000)}`);
      if (end.code !== 0) throw new Error(`the server ended with ${end.code ?? end.signal}:\n${text.slice(-2000)}`);
      if (left) throw new Error(left);
    },
  };
}
