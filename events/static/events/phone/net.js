// Asking the server, and who is signed in.  An answer is { status, data, wait_s }; no answer is an
// Unreachable.

import { keep, kept } from "phone/store";

const JSON_S = 25;

export class Unreachable extends Error {}

// key: the same call under it again is answered as the first was.
export async function ask(address, { method = "GET", body, csrf, key, seconds = JSON_S } = {}) {
  const headers = { Accept: "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  if (csrf) headers["X-CSRFToken"] = csrf;
  if (body !== undefined) headers["Content-Type"] = body instanceof ArrayBuffer ? "application/octet-stream" : "application/json";
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), seconds * 1000);
  try {
    const response = await fetch(address, {
      method,
      headers,
      body: body === undefined || body instanceof ArrayBuffer ? body : JSON.stringify(body),
      signal: patience.signal,
      cache: "no-store",
      credentials: "same-origin",
    });
    const data = await response.json();
    return { status: response.status, data, wait_s: Number(response.headers.get("Retry-After")) || 0 };
  } catch (error) {
    // No network, too slow, or something in between that answers with a page of its own.
    throw new Unreachable(error.message);
  } finally {
    clearTimeout(timer);
  }
}

// state: "unknown", "in", "out" (sign in to send), "refused" (signed in, but may not report), "away".
export class Session {
  constructor(config) {
    this.config = config;
    this.state = "unknown";
    this.message = "";
    this.form = null;
    this.csrf = "";
  }

  // What the phone knew when it was last in touch: enough to write reports without signal.
  async recall() {
    this.form = await kept("form");
  }

  get me() {
    return this.form?.me ?? null;
  }

  // Sends a step now or not at all.  A page that opened without signal has no token for it yet.
  async step(address, options) {
    if (!this.csrf && (await this.refresh()) === "away") throw new Unreachable("no token");
    const answer = await ask(address, { method: "POST", csrf: this.csrf, ...options });
    // The token is of an older session: the next press asks for another one.
    if (answer.status === 403) this.csrf = "";
    return answer;
  }

  // Asks who is signed in now; the catalogue comes along where it has changed.
  async refresh() {
    try {
      const have = new URLSearchParams({
        have: this.form?.kinds ? this.form.version : "",
        have_area: this.form?.area?.polygons ? this.form.area.version : "",
      });
      const { status, data } = await ask(`${this.config.form}?${have}`);
      this.take(status, data);
      if (this.state === "in") await keep("form", this.form);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.state = "away";
    }
    return this.state;
  }

  take(status, data) {
    this.message = "";
    if (status === 200) {
      const { csrf, ...form } = data;
      // What the phone has already does not come again.
      const area = form.area && !form.area.polygons ? this.form.area : form.area;
      this.form = { ...form, area, kinds: form.kinds ?? this.form.kinds };
      this.csrf = csrf;
      this.state = "in";
    } else if (status === 401) {
      this.state = "out";
    } else {
      this.state = status === 403 ? "refused" : "away";
      this.message = data.error?.message ?? String(status);
    }
  }
}
