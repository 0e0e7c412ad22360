// Impaired paths in user space: a UDP relay that loses, delays and reorders by a seed, and a TCP relay whose connections can be cut.
import dgram from 'node:dgram';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An address of this machine that both browsers pair with: Firefox leaves loopback out where there is anything else. */
export function ownAddress() {
  const found = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}

const clean = { loss: 0, delayMs: 0, jitterMs: 0, reorder: 0 };

/**
 * Opens a relay (at `address` and `port`) to UDP port `target` of this machine. `up` is towards the server, `down` towards the client; both may be changed while it runs
 * by `impair`. Each client address has its own socket to the server, so the server sees as many addresses as there are clients. A reordered
 * packet (share `reorder`) waits 20 ms more. `counts` has what was passed and lost in each direction.
 */
export async function udpRelay(target, { seed = 1, up = {}, down = {} } = {}) {
  const front = dgram.createSocket('udp4');
  const backs = new Map();
  const timers = new Set();
  const paths = { up: { ...clean, ...up }, down: { ...clean, ...down } };
  const dice = { up: random(seed), down: random(seed + 1) };
  const counts = { up: { passed: 0, lost: 0 }, down: { passed: 0, lost: 0 } };

  function carry(direction, send) {
    const path = paths[direction], roll = dice[direction];
    if (roll() < path.loss) {
      counts[direction].lost++;
      return;
    }
    counts[direction].passed++;
    const wait = path.delayMs + roll() * path.jitterMs + (roll() < path.reorder ? 20 : 0);
    if (wait === 0) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, wait);
    timers.add(timer);
  }

  front.on('message', (packet, client) => {
    const key = `${client.address}:${client.port}`;
    let back = backs.get(key);
    if (!back) {
      back = dgram.createSocket('udp4');
      back.on('message', (reply) => carry('down', () => front.send(reply, client.port, client.address)));
      back.on('error', () => {});
      backs.set(key, back);
    }
    carry('up', () => back.send(packet, target, address));
  });
  const address = ownAddress();
  front.bind(0, address);
  await once(front, 'listening');
  return {
    address, port: front.address().port,
    counts,
    impair({ up: nextUp = {}, down: nextDown = {} }) {
      Object.assign(paths.up, clean, nextUp);
      Object.assign(paths.down, clean, nextDown);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [front, ...backs.values()]) socket.close();
    },
  };
}

/** Opens a relay to TCP port `target` of 127.0.0.1. `cut` resets all its connections; `refuse` says whether new ones are reset at once. */
export async function tcpRelay(target) {
  const sockets = new Set();
  const relay = { refuse: false };
  const server = net.createServer((client) => {
    if (relay.refuse) {
      client.resetAndDestroy();
      return;
    }
    const upstream = net.connect(target, '127.0.0.1');
    for (const [socket, other] of [[client, upstream], [upstream, client]]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  relay.port = server.address().port;
  relay.cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  relay.close = () => {
    relay.cut();
    server.close();
  };
  return relay;
}
