// The marker: a picture that says who sent it and which frame it is.
//
// The top two thirds are a grid of 8 by 4 black or white cells: 4 sync bits, 6 bits of sender id, the same 6 inverted, and 16 bits of
// frame number in Gray code (one cell changes a frame, so the marker costs an encoder next to nothing). Cells are big enough
// to survive 80 x 45 pixels. The lower left sixth is the flash, the lower right sixth is left to a texture that costs bits.
(() => {
  const e2e = (globalThis.e2e ??= {});
  const columns = 8, rows = 4, sync = [1, 0, 0, 1];

  const bits = (value, count) => Array.from({ length: count }, (_, i) => (value >> (count - 1 - i)) & 1);
  const number = (list) => list.reduce((sum, bit) => sum * 2 + bit, 0);

  function ungray(gray) {
    let value = gray;
    for (let shift = 1; shift < 16; shift *= 2) value ^= value >> shift;
    return value;
  }

  /** The 32 cells of frame `frame` (modulo 65,536) of sender `id` (0 to 63), row by row. */
  e2e.markerCells = (id, frame) => {
    const n = frame & 0xffff;
    return [...sync, ...bits(id, 6), ...bits(~id & 63, 6), ...bits(n ^ (n >> 1), 16)];
  };

  /** Says what 32 lumas of cell centres show: {id, frame}, or null when it is not a marker or not clear enough. */
  e2e.markerFromLumas = (lumas) => {
    if (lumas.some((luma) => luma > 100 && luma < 150)) return null;
    const cells = lumas.map((luma) => (luma > 125 ? 1 : 0));
    if (sync.some((bit, i) => cells[i] !== bit)) return null;
    const id = number(cells.slice(4, 10));
    if (number(cells.slice(10, 16)) !== (~id & 63)) return null;
    return { id, frame: ungray(number(cells.slice(16))) };
  };

  /** Paints a frame into a 2D context of the given size. */
  e2e.paintMarker = (context, width, height, id, frame, flash) => {
    const cells = e2e.markerCells(id, frame);
    for (let i = 0; i < cells.length; i++) {
      const x = i % columns, y = (i / columns) | 0;
      const left = Math.round((x * width) / columns), right = Math.round(((x + 1) * width) / columns);
      const top = Math.round((y * height) / 6), bottom = Math.round(((y + 1) * height) / 6);
      context.fillStyle = cells[i] ? '#fff' : '#000';
      context.fillRect(left, top, right - left, bottom - top);
    }
    const top = Math.round((rows * height) / 6);
    context.fillStyle = flash ? '#fff' : '#000';
    context.fillRect(0, top, Math.round(width / 2), height - top);
  };

  let scratch;
  const scratchContext = () => (scratch ??= new OffscreenCanvas(32, 24).getContext('2d', { willReadFrequently: true }));

  function mean(pixels, left, top, width, height) {
    let sum = 0;
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) sum += pixels[4 * (y * 32 + x) + 1];
    }
    return sum / (width * height);
  }

  /** Reads what a video element shows now: {id, frame, flash}; id is null when there is no clear marker. */
  e2e.readMarker = (video) => {
    const context = scratchContext();
    context.drawImage(video, 0, 0, 32, 24);
    const pixels = context.getImageData(0, 0, 32, 24).data;
    const lumas = [];
    for (let i = 0; i < columns * rows; i++) lumas.push(mean(pixels, (i % columns) * 4 + 1, ((i / columns) | 0) * 4 + 1, 2, 2));
    const marker = e2e.markerFromLumas(lumas);
    const flash = mean(pixels, 4, 18, 8, 4) > 125;
    return { id: marker ? marker.id : null, frame: marker ? marker.frame : null, flash };
  };
})();
