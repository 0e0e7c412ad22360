// What the web client's room shows, found by its test ids.
(() => {
  const e2e = (globalThis.e2e ??= {});

  /** The tile that has this name on it (`screen`: the one of their screen), or undefined. */
  e2e.tile = (name, screen = false) => [...document.querySelectorAll('[data-testid="tile"]')].find((tile) =>
    (tile.dataset.kind === 'screen') === screen && tile.querySelector('[data-testid="tile-name"]')?.textContent.includes(name));

  /** Waits for a tile's moving picture and reads its frames from then on. */
  e2e.watchTile = async (name, { screen = false, timeout = 15000 } = {}) => {
    const tile = await e2e.until(`a tile of ${name}`, () => e2e.tile(name, screen), timeout);
    const video = await e2e.until(`a video on the tile of ${name}`, () => tile.querySelector('video'), timeout);
    const record = e2e.watchFrames(video);
    await e2e.until(`a picture on the tile of ${name}`, () => record.frames.length > 0, timeout);
    return record;
  };

  /** Waits until one of the audio slots that the page plays has the tone of sender `id`. */
  e2e.hearRoom = async (id, timeout = 10000) => {
    const elements = [...document.querySelectorAll('audio[data-slot]')].filter((element) => element.srcObject?.getAudioTracks().length > 0);
    const listeners = elements.map((element) => e2e.listen(element.srcObject));
    try {
      return await Promise.any(listeners.map((listener) => listener.hear(id, timeout)));
    } catch ({ errors }) {
      throw new Error(`${errors?.[0]?.message} in any of ${elements.length} audio slots`);
    } finally {
      for (const listener of listeners) listener.stop();
    }
  };
})();
