// Files for Chromium's fake camera and microphone, made once and kept in out/: the marker as y4m, the sender's tone as wav.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import '../page/marker.js';

const { markerCells } = globalThis.e2e;

/** The folder for everything that a run leaves behind: fixtures, server logs, measurements. */
export const out = fileURLToPath(new URL('../out/', import.meta.url));

function cached(name, write) {
  mkdirSync(out, { recursive: true });
  const path = out + name;
  return existsSync(path) ? path : write(path);
}

async function writeWhole(path, chunks) {
  const part = `${path}.${process.pid}`;
  const file = await open(part, 'w');
  try {
    for (const chunk of chunks) await file.write(chunk);
  } finally {
    await file.close();
  }
  renameSync(part, path);
  return path;
}

/** Deterministic noise: a linear congruential generator, so that every run sends the same picture. */
function noise(length) {
  const bytes = Buffer.alloc(length);
  let seed = 12345;
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    bytes[i] = 16 + ((seed >>> 16) % 220);
  }
  return bytes;
}

function* y4mFrames({ id, width, height, fps, frames }) {
  yield Buffer.from(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`);
  const grain = noise(width * height + width * 64);
  const plane = Buffer.alloc((width * height * 3) / 2, 128);
  for (let n = 0; n < frames; n++) {
    const cells = markerCells(id, n);
    const flash = n % fps < fps / 10 ? 235 : 16;
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * 6) / height), start = y * width;
      if (row < 4) {
        for (let column = 0; column < 8; column++) {
          plane.fill(cells[row * 8 + column] ? 235 : 16, start + Math.round((column * width) / 8), start + Math.round(((column + 1) * width) / 8));
        }
      } else {
        const middle = start + (width >> 1);
        plane.fill(flash, start, middle);
        // The texture scrolls: motion search finds some of it, as with a real picture.
        grain.copy(plane, middle, (y + (n % 61)) * width + ((n * 3) % (width >> 1)), (y + (n % 61)) * width + ((n * 3) % (width >> 1)) + width - (width >> 1));
      }
    }
    yield Buffer.from('FRAME\n');
    yield plane;
  }
}

/** A y4m file of sender `id`; its frame numbers run from 0 to frames - 1 and start again. Returns its path. */
export async function cameraFile({ id, width = 320, height = 180, fps = 30, frames = 2 * fps }) {
  return cached(`camera-${id}-${width}x${height}-${fps}-${frames}.y4m`, (path) => writeWhole(path, y4mFrames({ id, width, height, fps, frames })));
}

/**
 * A wav file (48 kHz, mono, 4 s, seamless) of sender `id`: its tone in bursts of 300 ms with gaps of 200 ms, since a noise suppressor takes a steady tone away.
 */
export async function microphoneFile({ id }) {
  return cached(`microphone-${id}.wav`, (path) => {
    const rate = 48000, length = 4 * rate, frequency = 400 + 100 * (id % 30);
    const wav = Buffer.alloc(44 + 2 * length);
    wav.write('RIFF', 0);
    wav.writeUInt32LE(36 + 2 * length, 4);
    wav.write('WAVEfmt ', 8);
    wav.writeUInt32LE(16, 16);
    wav.writeUInt16LE(1, 20);
    wav.writeUInt16LE(1, 22);
    wav.writeUInt32LE(rate, 24);
    wav.writeUInt32LE(2 * rate, 28);
    wav.writeUInt16LE(2, 32);
    wav.writeUInt16LE(16, 34);
    wav.write('data', 36);
    wav.writeUInt32LE(2 * length, 40);
    for (let i = 0; i < length; i++) {
      const on = i % (rate / 2) < 0.3 * rate;
      wav.writeInt16LE(on ? Math.round(16000 * Math.sin((2 * Math.PI * frequency * i) / rate)) : 0, 44 + 2 * i);
    }
    return writeWhole(path, [wav]);
  });
}
