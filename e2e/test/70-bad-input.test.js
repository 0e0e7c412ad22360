// Bad input from outside: a clear error on that connection only, while a call beside it keeps its picture moving.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { rawSocket } from '../lib/rawsocket.js';
import { random } from '../lib/relay.js';

let room, pages;

/** A call that the tests must not disturb: two browsers' windows, each with a camera and the other's picture. */
async function call(scene) {
  room = scene.room();
  pages = [await scene.plain('chromium'), await scene.plain('chromium')];
  for (const [i, page] of pages.entries()) {
    await scene.join(page, room, `caller-${i}`, { cameras: [{ id: i + 1, width: 320, height: 180, fps: 20 }], videoSlots: 1 });
  }
  for (const [i, page] of pages.entries()) {
    await page.evaluate(async (key, id) => {
      const bot = e2e.bots[key];
      await e2e.until('the other’s publication', () => bot.publication(`camera-${id}`));
      await bot.demand([0, { source: 'track', id: bot.publication(`camera-${id}`).id, width: 320, height: 180 }]);
      bot.record = bot.watch(0);
      await e2e.until('a picture', () => bot.record.frames.length > 10);
    }, `caller-${i}`, 2 - i);
  }
}

const scene = stage({ browsers: { chromium: {} }, setup: call, teardown: () => scene.clear(...pages) });

/** Runs `attack` and asserts that both callers went on seeing each other: frames kept coming, none of anybody else. */
async function besideACall(t, attack) {
  const start = await Promise.all(pages.map((page, i) => page.evaluate((key) => e2e.bots[key].record.frames.length, `caller-${i}`)));
  await attack();
  for (const [i, page] of pages.entries()) {
    const { gap, wrong } = await page.evaluate(async (key, from, id) => {
      const { frames } = e2e.bots[key].record;
      const now = frames.length;
      await e2e.until('ten more frames', () => frames.length >= now + 10, 5000);
      const during = frames.slice(Math.max(0, from - 1));
      return { gap: Math.max(...during.slice(1).map((frame, n) => frame.at - during[n].at)), wrong: during.filter((frame) => frame.id !== null && frame.id !== id).length };
    }, `caller-${i}`, start[i], 2 - i);
    t.diagnostic(`longest gap between frames: ${Math.round(gap)} ms`);
    assert.ok(gap < 1500, `the picture stood still for ${gap} ms`);
    assert.equal(wrong, 0);
  }
  assert.ok(scene.server.alive, 'the server lives');
}

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

function sign(claims, key, { alg = 'HS256' } = {}) {
  const body = `${base64url({ alg, typ: 'JWT' })}.${base64url(claims)}`;
  return `${body}.${alg === 'none' ? '' : createHmac('sha256', key).update(body).digest('base64url')}`;
}

/** Sends messages on a fresh socket and returns the first error with how the socket ended (undefined if it lives on 500 ms later). */
async function provoke(...messages) {
  const socket = await rawSocket(scene.server.http);
  assert.equal(socket.status, 101);
  for (const message of messages) {
    if (Buffer.isBuffer(message)) socket.frame(2, message);
    else socket.send(message);
  }
  const error = await socket.next((reply) => reply.type === 'error').catch((fault) => ({ code: String(fault) }));
  const end = await Promise.race([socket.closed, new Promise((resolve) => { setTimeout(resolve, 500); })]);
  socket.destroy();
  return { code: error.code, message: error.message, field: error.field, close: end?.code };
}

const hello = (token) => ({ type: 'hello', id: 1, token, caps: [] });

test('signaling: each fault has its error and ends only its own socket', async (t) => {
  await besideACall(t, async () => {
    const key = await scene.server.key(), good = await scene.server.token(room, 'hostile');
    const claims = { room, sub: 'hostile', exp: now() + 60 };
    const cases = [
      ['not JSON', ['{{{'], 'bad_message', 4400],
      ['not an object', ['[1,2]'], 'bad_message', 4400],
      ['a binary frame', [randomBytes(64)], undefined, undefined],
      ['no id', [{ type: 'hello', token: good }], 'bad_message', 4400],
      ['a string for an id', [{ type: 'hello', id: 'one', token: good }], 'bad_message', 4400],
      ['an id that does not grow', [hello(good), { type: 'join', id: 1 }], 'bad_message', 4400],
      ['a wrong type of a field', [{ type: 'hello', id: 1, token: 42 }], 'bad_message', 4400],
      ['no token', [{ type: 'hello', id: 1, caps: [] }], 'unauthorized', 4401],
      ['a forged token', [hello(sign(claims, 'x'.repeat(32)))], 'unauthorized', 4401],
      ['an unsigned token', [hello(sign(claims, '', { alg: 'none' }))], 'unauthorized', 4401],
      ['an expired token', [hello(sign({ ...claims, exp: now() - 120 }, key))], 'unauthorized', 4401],
      ['a token that is not valid yet', [hello(sign({ ...claims, nbf: now() + 600, exp: now() + 1200 }, key))], 'unauthorized', 4401],
      ['another room', [hello(good), { type: 'join', id: 2, room: 'another' }], 'wrong_room', 4403],
      ['offer before join', [hello(good), { type: 'offer', id: 2, sdp: 'v=0', tracks: [] }], 'out_of_order', undefined],
      ['an unknown request', [hello(good), { type: 'dance', id: 2 }], 'unsupported', undefined],
      ['a garbage offer', [hello(good), { type: 'join', id: 2 }, { type: 'offer', id: 3, sdp: 'rubbish', tracks: [] }], 'bad_offer', undefined],
      ['a demand for no slot', [hello(good), { type: 'join', id: 2 }, { type: 'demand', id: 3, demands: [{ slot: '99', source: 'speaker', width: 1, height: 1 }] }], undefined, undefined],
      ['a session that never was', [{ type: 'resume', id: 1, session: 'nothing', seq: 0, token: good }], 'resume_failed', undefined],
    ];
    for (const [what, messages, code, close] of cases) {
      const got = await provoke(...messages);
      if (code) assert.equal(got.code, code, `${what}: ${JSON.stringify(got)}`);
      if (code) assert.ok(got.message, `${what}: a sentence`);
      if (close) assert.equal(got.close, close, `${what}: ${JSON.stringify(got)}`);
      else if (code) assert.equal(got.close, undefined, `${what}: the session lives`);
    }
  });
});

test('signaling: too much', async (t) => {
  await besideACall(t, async () => {
    const token = await scene.server.token(room, 'hostile');
    const big = await rawSocket(scene.server.http);
    big.send({ ...hello(token), client: 'x'.repeat(300 * 1024) });
    assert.equal((await big.closed).code, 1009);

    // 10,000 slots do not fit into a message; as many as do are still far too many.
    for (const count of [10000, 2500]) {
      const slots = await rawSocket(scene.server.http);
      slots.send(hello(token));
      slots.send({ type: 'join', id: 2 });
      const lines = Array.from({ length: count }, (_, i) => `m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:${i}\r\na=recvonly\r\n`);
      const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n${lines.join('')}`;
      slots.send({ type: 'offer', id: 3, sdp, tracks: [] });
      if (count === 10000) {
        assert.equal((await slots.closed).code, 1009);
      } else {
        const refusal = await slots.next((message) => message.re === 3);
        assert.equal(refusal.type, 'error');
        assert.ok(['too_many', 'bad_offer'].includes(refusal.code), refusal.code);
      }
      slots.destroy();
    }

    const flood = await rawSocket(scene.server.http);
    flood.send(hello(token));
    for (let id = 2; id < 3000; id++) flood.send({ type: 'ping', id });
    const limited = await flood.next((message) => message.type === 'error');
    assert.equal(limited.code, 'rate_limited');
    flood.destroy();

    // Half-open: upgraded and silent, or not even that. They cost nobody anything.
    const silent = await Promise.all(Array.from({ length: 100 }, () => rawSocket(scene.server.http)));
    const dumb = Array.from({ length: 100 }, () => net.connect(scene.server.http, '127.0.0.1').on('error', () => {}));
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    for (const socket of silent) socket.destroy();
    for (const socket of dumb) socket.destroy();
  });
});

test('signaling: a client that stops reading is removed', async (t) => {
  await besideACall(t, async () => {
    const enter = async (identity) => {
      const socket = await rawSocket(scene.server.http);
      await socket.request('hello', { token: await scene.server.token(room, identity), caps: [] });
      const { participant } = await socket.request('join');
      return { socket, id: participant.id };
    };
    const deaf = await enter('deaf'), talker = await enter('talker');
    // Rosters are told ten times a second: who comes and goes in between is never seen.
    await pages[0].evaluate((id) => e2e.until('the deaf one', () => (
      e2e.bots['caller-0'].events.some(({ type, joined }) => type === 'participants' && joined.some((one) => one.id === id)))), deaf.id);
    deaf.socket.socket.pause();
    for (let n = 0; n < 120; n++) {
      const reply = await talker.socket.request('send', { ack: talker.socket.seq, to: [deaf.id], text: 'x'.repeat(16 * 1024 - 200) });
      if (reply.type === 'error') {
        // It has gone already, or the talker talks too much.
        assert.ok(['not_found', 'rate_limited'].includes(reply.code), reply.code);
        break;
      }
    }
    // It is removed at once, and nobody waits for it to come back.
    const seen = await pages[0].evaluate((id) => e2e.until('the deaf one to be given up', () => {
      const changes = e2e.bots['caller-0'].events.filter(({ type }) => type === 'participants');
      return changes.flatMap((event) => event.left).find((departure) => departure.id === id)?.reason;
    }, 20000), deaf.id);
    t.diagnostic(`others see it as ${seen}`);
    assert.equal(seen, 'slow');
    await talker.socket.request('leave');
    deaf.socket.destroy();
  });
});

test('signaling: half-open connections are told why they end', async (t) => {
  await besideACall(t, async () => {
    // Some upgrade and never say hello, some never even finish their upgrade request, one cuts a frame in the middle.
    const mute = await Promise.all(Array.from({ length: 20 }, () => rawSocket(scene.server.http)));
    const unfinished = Array.from({ length: 20 }, () => {
      const socket = net.connect(scene.server.http, '127.0.0.1').on('error', () => {});
      socket.write('GET /rtc HTTP/1.1\r\nHost: localhost\r\nUpgr');
      return socket;
    });
    mute[0].raw(Buffer.from([0x81, 0xfe, 0x40, 0x00, 1, 2, 3, 4, 5]));
    const errors = await Promise.all(mute.map((socket) => socket.next((message) => message.type === 'error', 15000)));
    for (const error of errors) {
      assert.equal(error.code, 'unauthorized');
      assert.match(error.message, /hello/);
    }
    for (const socket of mute) assert.equal((await socket.closed).code, 4401);
    await Promise.all(unfinished.map((socket) => socket.closed || once(socket.resume(), 'close')));
  });
});

test('HTTP: what is not a session is refused', async () => {
  const get = (path, options) => fetch(`http://127.0.0.1:${scene.server.http}${path}`, options);
  assert.ok((await get('/rtc')).status >= 400, '/rtc without an upgrade');
  assert.equal((await get('/invite', { method: 'POST', body: '{"code":"wrong","room":"main","name":"x"}', headers: { 'content-type': 'application/json' } })).ok, false);
  assert.ok((await get('/../../etc/passwd')).status < 500);
  const refused = await rawSocket(scene.server.http, { headers: { Authorization: 'Bearer nonsense' } });
  refused.send({ type: 'hello', id: 1, caps: [] });
  assert.equal((await refused.next((message) => message.type === 'error')).code, 'unauthorized');
  refused.destroy();
});

test('garbage, forged STUN and RTP floods at the media port', async (t) => {
  await besideACall(t, async () => {
    const roll = random(99), socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const send = (packet) => new Promise((resolve) => { socket.send(packet, scene.server.media, '127.0.0.1', resolve); });
    const bytes = (length) => Buffer.from(Array.from({ length }, () => Math.floor(roll() * 256)));

    function binding() {
      const name = Buffer.from(`${bytes(4).toString('hex')}:${bytes(4).toString('hex')}`);
      const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4);
      name.copy(padded);
      const header = Buffer.alloc(20);
      header.writeUInt16BE(0x0001, 0);
      header.writeUInt16BE(4 + padded.length, 2);
      header.writeUInt32BE(0x2112a442, 4);
      bytes(12).copy(header, 8);
      const attribute = Buffer.alloc(4);
      attribute.writeUInt16BE(0x0006, 0);
      attribute.writeUInt16BE(name.length, 2);
      return Buffer.concat([header, attribute, padded]);
    }
    const kinds = [
      () => bytes(1 + Math.floor(roll() * 1400)), // anything
      binding, // STUN of a stranger
      () => { const packet = bytes(1200); packet[0] = 0x80; packet[1] = 96; return packet; }, // RTP with a wrong SSRC
      () => { const packet = bytes(200); packet[0] = 0x80; packet[1] = 200; return packet; }, // RTCP
      () => { const packet = bytes(300); packet[0] = 22; packet[1] = 0xfe; packet[2] = 0xfd; return packet; }, // DTLS
      () => Buffer.alloc(0),
    ];
    for (let n = 0; n < 12000; n++) await send(kinds[n % kinds.length]());
    socket.close();

    const streams = Array.from({ length: 50 }, () => net.connect(scene.server.media, '127.0.0.1').on('error', () => {}));
    for (const stream of streams) {
      stream.write(bytes(2000));
      stream.write(Buffer.from([0xff, 0xff]));
    }
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    for (const stream of streams) stream.destroy();
  });
});
