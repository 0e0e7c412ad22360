// Sequence numbers that go round, and an outage of more than half of them: browsers decrypt everything that follows.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';

const scene = stage();
const load = fileURLToPath(new URL('../../bin/tools/load', import.meta.url));

/** A publisher that does what it is told: tell('send 100') resolves when that is done. */
async function publisher(t, url, token) {
  const child = spawn(load, ['publish', '-url', url, '-token', token, '-rate', '1000'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const expect = async (line) => assert.equal((await lines.next()).value, line);
  await expect('connected');
  t.after(async () => {
    child.stdin.end();
    assert.deepEqual(await ended, [0, null], 'the publisher');
  });
  return async (line) => {
    child.stdin.write(`${line}\n`);
    await expect(line);
  };
}

/** In the page: plays a room by WHEP. */
async function play(url, token) {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  connection.addTransceiver('audio', { direction: 'recvonly' });
  connection.addTransceiver('video', { direction: 'recvonly' });
  await connection.setLocalDescription();
  await e2e.until('candidates', () => connection.iceGatheringState === 'complete');
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' };
  const response = await fetch(url, { method: 'POST', headers, body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await e2e.until('the connection', () => connection.connectionState === 'connected');
  // What is counted has been decrypted.
  e2e.decrypted = async () => {
    const of = { audio: { packets: 0, lost: 0 }, video: { packets: 0, lost: 0 } };
    for (const report of (await connection.getStats()).values()) {
      if (report.type === 'inbound-rtp') of[report.kind] = { packets: report.packetsReceived, lost: report.packetsLost };
    }
    return of;
  };
}

test('browsers decrypt everything over a wrap and after an outage', { timeout: 240000 }, async (t) => {
  const room = scene.room(), { origin } = scene.server;
  const tell = await publisher(t, `${origin}/whip/${room}`, await scene.server.token(room, 'source', { grants: ['publish'] }));
  const pages = {};
  for (const browser of ['chromium', 'firefox']) {
    const page = (pages[browser] = await scene.plain(browser));
    await page.evaluate(play, `${origin}/whep/${room}`, await scene.server.token(room, `${browser}-viewer`, { grants: ['subscribe'] }));
    await page.evaluate(() => e2e.until('packets', async () => {
      const { audio, video } = await e2e.decrypted();
      return audio.packets > 0 && video.packets > 0;
    }));
  }
  const counts = () => Promise.all(Object.values(pages).map((page) => page.evaluate(() => e2e.decrypted())));
  const passed = async (step, least, most) => {
    const before = await counts();
    await step();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const after = await counts();
    const faults = [];
    for (const [i, browser] of Object.keys(pages).entries()) {
      for (const kind of ['audio', 'video']) {
        const packets = after[i][kind].packets - before[i][kind].packets, lost = after[i][kind].lost - before[i][kind].lost;
        const said = `${browser}: ${packets} packets of ${kind} decrypted, ${lost} lost`;
        t.diagnostic(said);
        if (packets < least || packets > most) faults.push(said);
      }
    }
    assert.deepEqual(faults, [], `between ${least} and ${most} were sent`);
  };
  const wrap = 65536 + 5000, trickle = 60; // what keeps the streams alive comes on top
  // A browser that is busy loses a few at its own socket; what it could not decrypt would be all that follows the wrap.
  await passed(() => tell(`send ${wrap}`), 0.99 * wrap, wrap + trickle);

  // The first packets after an outage are not believed before three agree.
  await passed(async () => {
    await tell('swallow 33000');
    await tell('send 5000');
  }, 4000, 5000 + 2 * trickle);
});
