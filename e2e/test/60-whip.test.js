// Show 7: WHIP publishing and WHEP playing with a client that we did not write (npm: whip-whep), in Chromium.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { figure } from '../lib/measure.js';

const scene = stage({ browsers: { chromium: {} } });

/** The source of a module of whip-whep as a plain script that sets globalThis[name]. */
async function client(file, name) {
  const source = await readFile(new URL(`../node_modules/whip-whep/${file}`, import.meta.url), 'utf8');
  return `${source.replace(/^export /gm, '')}\nglobalThis.${name} = ${name};`;
}

/** Opens a page with both clients and counts of their requests in e2e.requests. */
async function openClients() {
  const page = await scene.plain('chromium');
  await page.evaluate(`${await client('whip.js', 'WHIPClient')}`);
  // The two files declare the same names, so the second one lives in a function.
  await page.evaluate(`(() => {${await client('whep.js', 'WHEPClient')}})()`);
  await page.evaluate(() => {
    e2e.requests = [];
    const send = globalThis.fetch;
    globalThis.fetch = async (url, options = {}) => {
      const response = await send(url, options);
      e2e.requests.push({ method: options.method, status: response.status, location: response.headers.get('location'), etag: response.headers.get('etag') });
      return response;
    };
  });
  return page;
}

/** In the page: publishes picture and tone of sender `id` by WHIP. */
async function publish(url, token, id) {
  await e2e.audioContext().resume();
  const stream = new MediaStream([e2e.camera({ id, width: 320, height: 180, fps: 20 }).track, e2e.microphone({ id }).track]);
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  e2e.whip = new WHIPClient();
  e2e.whipConnection = connection;
  await e2e.whip.publish(connection, url, token);
  await e2e.until('the connection', () => connection.connectionState === 'connected');
}

/** In the page: plays by WHEP and keeps what comes as e2e.whepFrames and e2e.whepListener. */
async function play(url, token) {
  await e2e.audioContext().resume();
  e2e.whepStarted = performance.now();
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  connection.addTransceiver('audio', { direction: 'recvonly' });
  connection.addTransceiver('video', { direction: 'recvonly' });
  connection.ontrack = ({ track }) => {
    if (track.kind === 'video') e2e.whepFrames = e2e.watchFrames(e2e.show(track)).frames;
    else {
      e2e.play(track);
      e2e.whepListener = e2e.listen(track);
    }
  };
  e2e.whep = new WHEPClient();
  await e2e.whep.view(connection, url, token);
  e2e.whepConnection = connection;
}

test('a third-party client publishes by WHIP and plays by WHEP', async (t) => {
  const room = scene.room(), { origin } = scene.server;
  const [sender, player, observer] = await Promise.all([openClients(), openClients(), scene.plain('chromium')]);
  await scene.join(observer, room, 'observer', { videoSlots: 1, audioSlots: 1 });
  await sender.evaluate(publish, `${origin}/whip/${room}`, await scene.server.token(room, 'camera-one', { grants: ['publish'] }), 31);

  const [post] = await sender.evaluate(() => e2e.requests);
  assert.equal(post.status, 201);
  assert.ok(post.location && post.etag, 'Location and ETag');

  await player.evaluate(play, `${origin}/whep/${room}?participant=camera-one`, await scene.server.token(room, 'screen-one', { grants: ['subscribe'] }));
  const seen = await player.evaluate(async () => {
    await e2e.until('the picture', () => e2e.whepFrames?.some((frame) => frame.id === 31));
    const ms = performance.now() - e2e.whepStarted;
    await e2e.whepListener.hear(31);
    const { length } = e2e.whepFrames;
    const from = performance.now();
    await e2e.until('60 frames', () => e2e.whepFrames.length >= length + 60, 8000);
    return { ms, wrong: e2e.whepFrames.filter((frame) => frame.id !== null && frame.id !== 31).length, fps: 60000 / (performance.now() - from), posts: e2e.requests };
  });
  t.diagnostic(`WHIP to WHEP: ${seen.fps.toFixed(1)} frames/s of 20; requests ${seen.posts.map(({ method, status }) => `${method} ${status}`).join(', ')}`);
  assert.equal(seen.wrong, 0);
  assert.ok(seen.fps >= 18, `${seen.fps} frames/s`);
  figure(t, 'WHEP: from play to the picture', seen.ms, { goal: 800 });

  // A browser in the room sees it as any other participant.
  await observer.evaluate(async () => {
    const bot = e2e.bots.observer;
    await bot.demand([0, { source: 'speaker', width: 320, height: 180 }]);
    const { frames } = bot.watch(0);
    await e2e.until('the WHIP picture in a slot', () => frames.some((frame) => frame.id === 31));
  });
  const [{ kind, publications }] = await observer.evaluate(() => [...e2e.bots.observer.participants.values()].filter(({ identity }) => identity === 'camera-one'));
  assert.equal(kind, 'whip');
  assert.deepEqual(publications.map(({ source }) => source).sort(), ['camera', 'microphone']);

  await player.evaluate(() => e2e.whep.stop());
  await sender.evaluate(() => e2e.whip.stop());
  for (const page of [player, sender]) {
    const [status] = await page.evaluate(() => e2e.requests.filter(({ method }) => method === 'DELETE').map((request) => request.status));
    // This client closes its connection before it deletes the session: the server may have noticed already.
    assert.ok([200, 404].includes(status), `DELETE: ${status}`);
  }
  await observer.evaluate(() => e2e.until('the publications to end', () => {
    const left = [...e2e.bots.observer.participants.values()].find(({ identity }) => identity === 'camera-one');
    return !left || left.publications.length === 0 || left.state === 'reconnecting';
  }));
  assert.deepEqual(sender.errors, []);
  await scene.clear(observer, sender, player);
});

test('WHIP refuses with the status of its RFC', async () => {
  const room = scene.room(), { origin } = scene.server;
  const token = await scene.server.token(room, 'someone'), url = `${origin}/whip/${room}`;
  const ask = (target, options) => fetch(target, { method: 'POST', body: 'v=0\r\n', ...options, headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}`, ...options.headers } });
  const cases = [
    ['no token', url, { headers: { authorization: '' } }, 401], ['a forged token', url, { headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` } }, 401],
    ['another room', `${origin}/whip/elsewhere`, {}, 403], ['garbage', url, { body: 'this is no SDP' }, 400], ['another type', url, { headers: { 'content-type': 'text/plain' } }, 415],
    ['too big', url, { body: 'v'.repeat(300 * 1024) }, 413], ['another method', url, { method: 'PUT' }, 405], ['no such session', `${url}/nothing`, { method: 'DELETE', body: undefined }, 404],
  ];
  for (const [what, target, options, status] of cases) assert.equal((await ask(target, options)).status, status, what);
  const refused = await ask(url, { headers: { authorization: '' } });
  assert.match(refused.headers.get('www-authenticate') ?? '', /bearer/i);
  assert.match(refused.headers.get('content-type'), /application\/problem\+json/);
  const options = await fetch(url, { method: 'OPTIONS', headers: { origin: 'http://elsewhere.example', 'access-control-request-method': 'POST' } });
  assert.ok(options.ok, `OPTIONS: ${options.status}`);
  assert.match(options.headers.get('accept-post') ?? '', /application\/sdp/);
});
