// A WebSocket client that can misbehave: raw frames on a raw socket (RFC 6455).
import net from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

function frame(opcode, payload, { masked = true, length = payload.length } = {}) {
  const header = [0x80 | opcode];
  if (length < 126) header.push((masked ? 0x80 : 0) | length);
  else if (length < 65536) header.push((masked ? 0x80 : 0) | 126, length >> 8, length & 255);
  else header.push((masked ? 0x80 : 0) | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
  if (!masked) return Buffer.concat([Buffer.from(header), payload]);
  const mask = randomBytes(4), body = Buffer.from(payload);
  for (let i = 0; i < body.length; i++) body[i] ^= mask[i & 3];
  return Buffer.concat([Buffer.from(header), mask, body]);
}

/**
 * Upgrades a connection to `/rtc` on `port`. The returned object: `status` of the upgrade, `send(object or text)`, `request(type, fields)` (its reply), `seq` (of the last
 * message handled), `raw(bytes)`, `frame(opcode, bytes)`,
 * `next(filter)` (the next message that the filter accepts), `closed` (a promise of {code, reason}), `destroy`.
 */
export async function rawSocket(port, { headers = {}, path = '/rtc', protocol = 'switchyard.v1' } = {}) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const lines = [`GET ${path} HTTP/1.1`, `Host: localhost:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);

  let buffer = Buffer.alloc(0), close = { code: 1006, reason: '' };
  const messages = [], waiting = [];
  const self = { socket, nextId: 1, seq: 0 };
  self.closed = new Promise((resolve) => socket.once('close', () => resolve(close)));

  function parse() {
    for (;;) {
      if (buffer.length < 2) return;
      let length = buffer[1] & 127, at = 2;
      if (length === 126) [length, at] = [buffer.length >= 4 ? buffer.readUInt16BE(2) : Infinity, 4];
      else if (length === 127) [length, at] = [buffer.length >= 10 ? Number(buffer.readBigUInt64BE(2)) : Infinity, 10];
      if (buffer.length < at + length) return;
      const opcode = buffer[0] & 15, payload = buffer.subarray(at, at + length);
      buffer = buffer.subarray(at + length);
      if (opcode === 8) {
        close = { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.subarray(2).toString() };
        socket.end(frame(8, payload.subarray(0, 2)));
      } else if (opcode === 9) {
        socket.write(frame(10, payload));
      } else if (opcode === 1) {
        const message = JSON.parse(payload);
        self.seq = message.seq || self.seq;
        messages.push(message);
        for (const waiter of [...waiting]) waiter();
      }
    }
  }

  self.status = await new Promise((resolve) => {
    const take = (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = buffer.subarray(0, end).toString();
      buffer = buffer.subarray(end + 4);
      socket.off('data', take);
      socket.on('data', (more) => {
        buffer = Buffer.concat([buffer, more]);
        parse();
      });
      resolve(Number(head.split(' ')[1]));
      parse();
    };
    socket.on('data', take);
    socket.once('close', () => resolve(0));
  });

  self.raw = (bytes) => socket.write(bytes);
  self.frame = (opcode, payload, options) => socket.write(frame(opcode, payload, options));
  self.send = (message) => self.frame(1, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
  self.request = (type, fields = {}) => {
    const id = self.nextId++;
    self.send({ type, id, ...fields });
    return self.next((message) => message.re === id);
  };
  self.next = (accept, timeout = 5000) => new Promise((resolve, reject) => {
    const look = () => {
      const at = messages.findIndex(accept);
      if (at < 0) return false;
      done(messages.splice(at, 1)[0]);
      return true;
    };
    const done = (message, error) => {
      clearTimeout(timer);
      const at = waiting.indexOf(look);
      if (at >= 0) waiting.splice(at, 1);
      if (error) reject(error);
      else resolve(message);
    };
    const timer = setTimeout(() => done(undefined, new Error(`no such message in ${timeout} ms; there were ${JSON.stringify(messages).slice(0, 500)}`)), timeout);
    waiting.push(look);
    if (!look()) self.closed.then((end) => setImmediate(() => done(undefined, new Error(`the socket was closed: ${end.code} ${end.reason}`))));
  });
  self.destroy = () => socket.destroy();
  return self;
}
