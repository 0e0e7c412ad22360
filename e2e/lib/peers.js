// Other people's servers that the program talks to: an identity provider, a mail server that keeps what it gets, a calendar server.
// All on loopback; each returns what a test needs and `close`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/**
 * An OpenID provider (npm oidc-provider, certified) whose people are `accounts` ({login: {email, given_name, …}}); any password is right. `redirects` are where it may send browsers back to.
 * Its own pages ask for login and consent.
 */
export async function identityProvider({ redirects, accounts }) {
  const server = http.createServer();
  const port = await listening(server);
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'switchyard', client_secret: 'a secret of the client', redirect_uris: redirects, response_types: ['code'], grant_types: ['authorization_code'] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name'] },
    pkce: { required: () => true },
    cookies: { keys: ['a key of the provider'] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email_verified: true, ...accounts[id] }) }),
  });
  // Its development pages load a font from elsewhere and warn; what they ask is what a provider asks.
  server.on('request', provider.callback());
  return { issuer, client: 'switchyard', secret: 'a secret of the client', close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

/** A mail server. `mail(to, matching)` waits for a mail and returns it parsed. */
export async function mailServer() {
  const mails = [];
  const waiting = new Set();
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks);
        mails.push({ ...await simpleParser(raw), receivers: session.envelope.rcptTo.map(({ address }) => address), raw: raw.toString('utf8') });
        done();
        for (const look of waiting) look();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address();
  return {
    port, mails,
    mail(to, matching = () => true, limit = 20000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no such mail to ${to} in ${limit} ms; there are: ${mails.map((m) => `${m.receivers}: ${m.subject}`).join('; ')}`));
        }, limit);
        const look = () => {
          const found = mails.find((m) => m.receivers.includes(to) && matching(m));
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Debian's Radicale with one user. `put(path, text)` stores a calendar file. */
export async function calendarServer() {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-radicale-'));
  const probe = net.createServer();
  const port = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  await writeFile(join(home, 'users'), 'ada:calendar password\n');
  await writeFile(join(home, 'config'), `[server]\nhosts = 127.0.0.1:${port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = ${home}/users\nhtpasswd_encryption = plain\n[storage]\nfilesystem_folder = ${home}/collections\n`);
  const child = spawn('radicale', ['--config', join(home, 'config')], { stdio: 'ignore' });
  const failed = new Promise((_, reject) => child.once('error', (fault) => reject(new Error(`radicale: ${fault.message} (apt install radicale)`))));
  const url = `http://127.0.0.1:${port}/ada/`;
  const headers = { Authorization: `Basic ${Buffer.from('ada:calendar password').toString('base64')}` };
  const up = async () => {
    for (const end = Date.now() + 15000; Date.now() < end;) {
      if (await fetch(url, { headers }).then(() => true, () => false)) return;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error('radicale was not there in 15 s');
  };
  await Promise.race([up(), failed]);
  return {
    url, user: 'ada', password: 'calendar password',
    async put(path, text) {
      const response = await fetch(url + path, { method: 'PUT', headers: { ...headers, 'Content-Type': 'text/calendar' }, body: text });
      if (!response.ok) throw new Error(`PUT ${path}: ${response.status}`);
    },
    async make(path) {
      const response = await fetch(url + path, { method: 'MKCALENDAR', headers });
      if (!response.ok) throw new Error(`MKCALENDAR ${path}: ${response.status}`);
    },
    async close() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      await rm(home, { recursive: true, force: true });
    },
  };
}
