// A stage for a test file: one server and the browsers it asks for, closed when the file's tests are done.
import { after, before } from 'node:test';
import { launchers, openPage } from './browsers.js';
import { startServer } from './server.js';

/**
 * Registers the stage's hooks. `browsers` maps names of the stage to launch options: {chromium: {}, firefox: {}, studio: {browser: 'chromium', camera: FILE}};
 * a function is called (and awaited) for its options first. `setup(scene)` and `teardown(scene)` run when the stage
 * stands and before it falls: hooks of a file's own would not wait for the stage's.
 */
export function stage({ browsers = { chromium: {}, firefox: {} }, server: serverOptions = {}, setup, teardown } = {}) {
  const self = { browsers: {}, rooms: 0, open: new Set() };

  before(async () => {
    self.server = await startServer(serverOptions);
    await Promise.all(Object.entries(browsers).map(async ([name, given]) => {
      const { browser = name, ...options } = typeof given === 'function' ? await given() : given;
      self.browsers[name] = await launchers[browser](options);
    }));
    await setup?.(self);
  });

  after(async () => {
    if (self.server) await teardown?.(self);
    // A test that failed left its pages: then what they hold at the server is no leak.
    const leaks = self.open.size === 0;
    await Promise.all(Object.values(self.browsers).map((browser) => browser.close()));
    await self.server?.stop({ leaks });
  });

  /** A room that no other test of this file uses. */
  self.room = () => `room-${++self.rooms}`;

  /** An empty page of the server's origin in a window of its own, for bots. */
  self.plain = async (browser, options) => {
    const page = await openPage(self.browsers[browser], `${self.server.origin}/healthz`, options);
    self.open.add(page);
    return page;
  };

  /**
   * Joins a bot in `page` as `identity` of `room`, kept there as e2e.bots[identity]. `cameras` and `microphones`: options of e2e.cameraTrack and e2e.microphoneTrack.
   * Returns {participant, ms}: what joined and how long it took.
   */
  self.join = async (page, room, identity, { cameras = [], microphones = [], audioSlots = 0, videoSlots = 0, grants, socket = self.server.websocket } = {}) => {
    const token = await self.server.token(room, identity, { grants });
    return page.evaluate(async (key, options, videos, audios) => {
      // Not awaited: without a sound card it never resolves, and who only looks needs none.
      void e2e.audioContext().resume();
      options.tracks = [...audios.map(e2e.microphoneTrack), ...videos.map(e2e.cameraTrack)];
      const bot = await e2e.join(key, options);
      return { participant: bot.participant, ms: performance.now() - bot.started };
    }, identity, { url: socket, token, name: identity, audioSlots, videoSlots }, cameras, microphones);
  };

  /** Ends all bots of these pages and closes their windows. */
  self.clear = async (...pages) => {
    for (const page of pages) {
      await page.evaluate(() => Promise.all(Object.values(e2e.bots).map((bot) => bot.leave()))).catch(() => {});
      await page.close();
      self.open.delete(page);
    }
  };
  return self;
}
