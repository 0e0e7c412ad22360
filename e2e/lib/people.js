// Somebody who uses the control API as programs do, with a cookie of its own.

export class Person {
  constructor(origin) {
    this.origin = origin;
    this.cookie = '';
  }

  /** Makes a request and returns the JSON of the answer; `status` is what it has to be. */
  async call(method, path, body, { status, headers = {} } = {}) {
    const response = await fetch(`${this.origin}/api/v1${path}`, {
      method, redirect: 'manual',
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...(this.cookie && { Cookie: this.cookie }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      if (/^(__Host-)?switchyard=/.test(pair)) this.cookie = pair;
    }
    const text = await response.text();
    if (status ? response.status !== status : !response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Tries until it works: other services hear of new people a moment later. */
  async eventually(method, path, body, limit = 10000) {
    for (const end = Date.now() + limit; ;) {
      try {
        return await this.call(method, path, body);
      } catch (fault) {
        if (Date.now() > end) throw fault;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    }
  }
}
