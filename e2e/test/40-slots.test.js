// Show 5: lip sync over speaker switches and for a pinned tile, labels that never race the picture, a codec that not everybody decodes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { figure, percentile, samples } from '../lib/measure.js';

// Firefox's stand-in for a sound card, which lets it hear, is slow: what is heard there is always being stretched. Without it Firefox plays to nowhere
// at the right speed, and gives account of its playout times, which is what lip sync is judged by.
const deaf = { browser: 'firefox', prefs: { 'media.cubeb.force_mock_context': false } };
const scene = stage({ browsers: { chromium: {}, firefox: deaf } });
const viewers = ['chromium', 'firefox'];

/** Opens a page with a viewer bot in each browser. */
async function openViewers(room, options) {
  const pages = await Promise.all(viewers.map((name) => scene.plain(name)));
  for (const [i, name] of viewers.entries()) await scene.join(pages[i], room, `viewer-${name}`, { grants: ['subscribe'], ...options });
  return pages;
}

/** In a viewer's page: starts to look at and, if the browser can, listen to the lead slot. */
async function attend(key, hears) {
  const bot = e2e.bots[key];
  bot.record = bot.watch(0);
  const { track } = bot.slot(0, 'audio').receiver;
  e2e.play(track);
  if (hears) bot.listener = e2e.listen(track, { threshold: 0.25 });
}

/**
 * In a viewer's page: waits until the lead slot shows sender `id`, and says how late the sound was over the next `seconds`: `heard` for each flash with its beep (at least one),
 * `told` by the browser's estimated playout timestamps five times a second.
 */
async function sync(key, id, seconds) {
  const bot = e2e.bots[key];
  const { record, listener } = bot;
  await e2e.until(`the picture of sender ${id}`, () => record.frames.at(-1)?.id === id, 15000);
  const from = record.frames.at(-1).at, told = [];
  const offsets = () => e2e.flashOffsets(record.frames.filter((frame) => frame.id === id && frame.at >= from), listener.onsets, from);
  for (let sample = 0; sample < 5 * seconds; sample++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const offset = await e2e.playoutOffset(bot.connection, bot.slot(0, 'audio').mid, bot.slot(0).mid);
    if (offset !== undefined) told.push(offset);
  }
  if (!listener) return { told, heard: [] };
  await e2e.until(`a flash and a beep of sender ${id}`, () => offsets().length > 0);
  // A beep may still come nearer to the flash than the one that was there: look again when all of it is in.
  await new Promise((resolve) => setTimeout(resolve, 250));
  return { told, heard: offsets() };
}

/** Speaks as sender `talking` alone; 0: both. */
function speak(talking) {
  for (const id of [1, 2]) e2e.bots[`speaker-${id}`].tracks.find((track) => track.microphone).microphone.speak(!talking || talking === id);
}

/** Notes the offsets of a browser: what was heard where it hears, what it told elsewhere. */
function note(t, name, what, results) {
  const heard = results.flatMap((result) => result.heard), told = results.flatMap((result) => result.told);
  if (heard.length) t.diagnostic(`${name}: ${what}: heard ${heard.map(Math.round).join(' ')} ms`);
  t.diagnostic(`${name}: ${what}: told ${told.map(Math.round).join(' ')} ms`);
  const counted = name === 'chromium' ? heard : told;
  assert.ok(counted.length > 0, `${name}: offsets`);
  figure(t, `${name}: sound against picture, ${what}, p95`, percentile(counted.map(Math.abs), 0.95), { goal: 80 });
}

test('the sound stays with the picture over speaker switches, and of a pinned tile', async (t) => {
  const room = scene.room();
  const speakers = await scene.plain('chromium');
  for (const id of [1, 2]) {
    await scene.join(speakers, room, `speaker-${id}`, {
      cameras: [{ id, width: 160, height: 90, fps: 20 }], microphones: [{ id, beep: true, level: 0.6, murmur: 0.08, speaking: id === 1 }],
    });
  }
  const pages = await openViewers(room, { audioSlots: 1, videoSlots: 1 });
  for (const [i, name] of viewers.entries()) {
    await pages[i].evaluate((key) => e2e.bots[key].demand([0, { source: 'speaker', width: 320, height: 180 }]), `viewer-${name}`);
    await pages[i].evaluate(attend, `viewer-${name}`, name === 'chromium');
  }
  const results = Object.fromEntries(viewers.map((name) => [name, []]));
  for (let turn = 0; turn < samples(8, 50); turn++) {
    const id = 1 + (turn % 2);
    await speakers.evaluate(speak, id);
    const seen = await Promise.all(viewers.map((name, i) => pages[i].evaluate(sync, `viewer-${name}`, id, 1)));
    viewers.forEach((name, i) => results[name].push(seen[i]));
  }
  for (const name of viewers) note(t, name, 'speaker switches', results[name]);

  // Pinned: sender 1 stays in the lead slot, with its sound, while sender 2 speaks too.
  await speakers.evaluate(speak, 0);
  for (const [i, name] of viewers.entries()) {
    await pages[i].evaluate(async (key) => {
      const bot = e2e.bots[key];
      const { id } = [...bot.participants.values()].find(({ identity }) => identity === 'speaker-1');
      await bot.demand([0, { source: 'participant', id, width: 320, height: 180 }]);
    }, `viewer-${name}`);
  }
  const pinned = await Promise.all(viewers.map((name, i) => pages[i].evaluate(sync, `viewer-${name}`, 1, 5)));
  for (const [i, name] of viewers.entries()) note(t, name, 'a pinned tile', [pinned[i]]);
  await pages[0].evaluate(() => e2e.bots['viewer-chromium'].listener.hear(1));
  await scene.clear(...pages, speakers);
});

test('every rendered frame bears its own label', async (t) => {
  const room = scene.room();
  const senders = await scene.plain('chromium');
  const ids = [1, 2, 3, 4];
  for (const id of ids) await scene.join(senders, room, `sender-${id}`, { cameras: [{ id, width: 160, height: 90, fps: 20 }] });
  const pages = await openViewers(room, { videoSlots: 1 });
  const switches = samples(40, 200);
  const results = await Promise.all(viewers.map((name, i) => pages[i].evaluate(async (key, count, senderIds) => {
    const bot = e2e.bots[key];
    await e2e.until('all publications', () => senderIds.every((id) => bot.publication(`camera-${id}`)));
    // Beside the bot's own reading of the rule, the labels that the page's client gives.
    const { Labels } = await import('/rtc.js');
    const line = bot.slot(0), labels = new Labels();
    for (const state of bot.slots.values()) labels.announce(state);
    // What counts is the name that a frame has when the next one comes (or it has been there for 100 ms): the announcement may come in the same instant as its frame.
    // From the moment when another publication is on its way the page shows no name, so a frame is judged by the one that it had until then.
    let last, judged;
    const settle = (frame) => {
      if (frame && frame === last && frame !== judged) frame.page = bot.trackOf(labels.label(line.mid));
    };
    line.label.heard = (state) => {
      if (state.rtpTimestamp === undefined) {
        settle(last);
        judged = last;
      }
      labels.announce(state);
    };
    const record = bot.watch(0, (frame) => {
      settle(last);
      last = frame;
      frame.first = bot.trackOf(labels.frame(line.mid, { rtpTimestamp: frame.rtp }, line.receiver.getContributingSources()));
      setTimeout(settle, 100, frame);
    });
    const times = [];
    for (let turn = 0; turn < count; turn++) {
      const id = senderIds[turn % senderIds.length], asked = performance.now();
      await bot.demand([0, { source: 'track', id: bot.publication(`camera-${id}`).id, width: 160, height: 90 }]);
      await e2e.until(`the picture of sender ${id} (switch ${turn})`, () => record.frames.at(-1)?.id === id, 10000);
      times.push(record.frames.at(-1).at - asked);
      const shown = record.frames.length;
      await e2e.until('three more frames', () => record.frames.length >= shown + 3, 5000);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    record.stop();
    settle(last);
    const { frames } = record;
    // A busy browser draws the next frame already while it tells of this one, and may then never tell of the next: what was read is that one's picture.
    const ahead = (frame, n) => n + 1 < frames.length
      && (frames[n + 1].presented > frame.presented + 1 || (frame.frame === frames[n + 1].frame && frame.id === frames[n + 1].id));
    const clear = frames.filter((frame, n) => frame.id !== null && !ahead(frame, n));
    // With all announcements in hand the rule must hold for every frame: announcements agree with the media.
    for (const frame of clear) frame.track = bot.trackOf(line.label.of(frame.rtp));
    const late = line.label.switches.map(({ rtp, at }) => at - (frames.find((frame) => frame.rtp === rtp)?.at ?? Infinity)).filter((ms) => ms > 0);
    const wrong = (label) => clear.filter((frame) => frame[label] !== undefined && frame[label] !== `camera-${frame.id}`);
    // From the announcement of another picture until that is there, the page shows no name for what is still in the browser's buffer.
    const onTheWay = (frame) => frames.slice(frames.indexOf(frame) + 1, frames.indexOf(frame) + 3).some(({ id }) => id !== null && id !== frame.id);
    const nameless = clear.filter((frame, n) => n > 0 && frame.page === undefined && !onTheWay(frame));
    const around = (frame) => {
      const n = frames.indexOf(frame);
      const near = line.label.switches.filter(({ rtp }) => Math.abs((rtp - frame.rtp) | 0) < 9000).map(({ rtp, number, at }) => `${bot.trackOf(number)} (${number}) from ${rtp}, told at ${Math.round(at)}`);
      return `${frames.slice(Math.max(0, n - 2), n + 3).map((each) => `${Math.round(each.at)}/${each.rtp} ${each.id}#${each.frame} ${each.track} ${each.page}`).join(' | ')}; ${near.join(', ')}`;
    };
    return {
      total: frames.length, unclear: frames.filter((frame) => frame.id === null).length, ahead: frames.filter(ahead).length,
      unlabelled: nameless.length, unnamed: clear.filter((frame) => frame.page === undefined).length, byRule: wrong('track').length, byPage: wrong('page').length, atFirst: wrong('first').length, late,
      examples: [...new Set([...wrong('track'), ...wrong('page'), ...nameless])].slice(0, 5).map(around), announced: line.label.switches.length, times,
    };
  }, `viewer-${name}`, switches, ids)));
  viewers.forEach((name, i) => {
    const { total, unclear, unlabelled, unnamed, ahead, byRule, byPage, atFirst, late, announced, times, examples } = results[i];
    t.diagnostic(`${name}: ${total} frames over ${switches} switches, ${unclear} unclear, ${ahead} read ahead, ${unlabelled} without a label, ${unnamed - unlabelled} more just before a switch, ${announced} announcements, a switch takes ${Math.round(percentile(times, 0.5))} ms`);
    for (const example of examples) t.diagnostic(`${name}: amiss: ${example}`);
    figure(t, `${name}: wrong labels of the page over ${switches} switches`, byPage, { goal: 0, unit: 'frames' });
    assert.equal(byRule, 0, `${name}: frames that disagree with the announcements`);
    t.diagnostic(`${name}: ${atFirst} labels were wrong at first; ${late.length} announcements came to the page after their frame, at most ${Math.round(Math.max(0, ...late))} ms`);
    assert.ok(late.every((ms) => ms < 100), `${name}: announcements ${late} ms after their frames`);
    assert.ok(unlabelled <= total * 0.02, `${unlabelled} frames without a label`);
    assert.ok(unclear <= total * 0.02, `${unclear} frames unclear`);
    assert.ok(ahead <= total * 0.2, `${ahead} frames read ahead`);
  });
  await scene.clear(...pages, senders);
});

test('a codec that a newcomer can’t decode is changed', async (t) => {
  const room = scene.room();
  const [sender, early, late] = [await scene.plain('chromium'), await scene.plain('chromium'), await scene.plain('firefox')];
  await scene.join(sender, room, 'sender', { cameras: [{ id: 3, width: 320, height: 180, fps: 20, codec: 'H264' }] });
  const look = async (key) => {
    const bot = e2e.bots[key];
    await e2e.until('the publication', () => bot.publication('camera-3'));
    await bot.demand([0, { source: 'track', id: bot.publication('camera-3').id, width: 320, height: 180 }]);
    bot.record = bot.watch(0);
    await e2e.until('the picture', () => bot.record.frames.at(-1)?.id === 3, 15000);
    return { ms: performance.now() - bot.started, codec: bot.publication('camera-3').codec };
  };
  await scene.join(early, room, 'early', { videoSlots: 1, grants: ['subscribe'] });
  const first = await early.evaluate(look, 'early');
  assert.equal(first.codec, 'h264');
  await scene.join(late, room, 'late', { videoSlots: 1, grants: ['subscribe'] });
  const second = await late.evaluate(look, 'late');
  figure(t, 'H.264 published, Firefox joins: its picture after', second.ms, { goal: 3000 });
  const still = await early.evaluate(async () => {
    const bot = e2e.bots.early, seen = bot.record.frames.length;
    await e2e.until('more frames', () => bot.record.frames.length > seen + 20);
    return { wrong: bot.record.frames.filter((frame) => frame.id !== null && frame.id !== 3).length, codec: bot.publication('camera-3').codec };
  });
  assert.equal(still.wrong, 0);
  assert.notEqual(still.codec, 'h264', 'the publication says its new codec');
  await scene.clear(early, late, sender);
});
