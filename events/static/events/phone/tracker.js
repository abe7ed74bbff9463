// Sends where the phone is while somebody is on duty and has pressed start: this page open, and never
// outside a duty.  Positions lie in IndexedDB until the server has confirmed them; to send one again is
// safe, for the server keeps each time of a person once.

import { Unreachable } from "phone/net";
import { addFix, dropFixes, fixesOf, forget, keep, kept } from "phone/store";

const EVERY_MS = 10_000;
const SEND_MS = 30_000;
const AT_ONCE = 100;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const PATIENCE_MS = 60_000;

export class Tracker {
  // windows(): [{ id, begin, end }] of own duties, times in ms.  changed(): something is to be shown anew.
  constructor(config, session, windows, changed) {
    Object.assign(this, { config, session, windows, changed });
    Object.assign(this, { watching: null, lock: null, last: 0, best: null, problem: "", said: "", sending: false, waiting: 0, confirmed: 0 });
    addEventListener("online", () => this.send());
    // Taken away when the page is hidden.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.running && this.stayAwake());
    setInterval(() => this.tick(), SEND_MS);
  }

  get running() {
    return this.watching !== null;
  }

  duty(at = Date.now()) {
    return this.windows().find(({ begin, end }) => begin <= at && at < end) ?? null;
  }

  place() {
    return `tracking-${this.session.me.id}`;
  }

  // After the page was opened anew in the same duty it goes on by itself.
  async recall() {
    if (!this.session.me || this.running) return;
    await this.count();
    const known = await kept(this.place());
    if (known && known.duty === this.duty()?.id) {
      this.confirmed = known.confirmed;
      this.watch();
    } else if (known) {
      await forget(this.place());
    }
  }

  async start() {
    const duty = this.duty();
    this.problem = "";
    if (!duty) return;
    if (!window.isSecureContext || !navigator.geolocation) {
      this.problem = gettext("This phone tells its position to https addresses only: ask the administrator for the https address.");
      return this.changed();
    }
    this.confirmed = 0;
    await keep(this.place(), { duty: duty.id, confirmed: 0 });
    this.watch();
  }

  watch() {
    this.of = this.session.me.id;
    this.watching = navigator.geolocation.watchPosition((position) => this.take(position), ({ code }) => this.fail(code), { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 5_000 });
    this.stayAwake();
    this.changed();
  }

  async stop() {
    if (this.running) navigator.geolocation.clearWatch(this.watching);
    this.watching = null;
    await this.lock?.release?.().catch(() => {});
    this.lock = null;
    if (this.session.me) await forget(this.place());
    this.changed();
    await this.send();
  }

  async stayAwake() {
    try {
      this.lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      // The battery is low, or the browser has none: the page says that it must stay open.
      this.lock = null;
    }
  }

  async take({ coords, timestamp }) {
    const at = Math.min(timestamp, Date.now());
    // Somebody else has signed in, or the duty is over: nothing is taken any more.
    if (this.session.me?.id !== this.of || !this.duty()) return this.stop();
    if (!this.duty(at) || at - this.last < EVERY_MS) return;
    this.last = at;
    this.problem = "";
    const { latitude, longitude, accuracy, speed, heading } = coords;
    await addFix({ user: this.of, t: Math.round(at), lat: latitude, lon: longitude, accuracy, speed, bearing: Number.isFinite(heading) ? heading : null });
    this.waiting += 1;
    this.changed();
    if (this.waiting >= AT_ONCE || this.confirmed === 0) await this.send();
  }

  fail(code) {
    this.problem = code === 1 ? gettext("The phone does not tell its position to this page: allow it in the browser's settings.") : gettext("The phone finds no position right now.");
    this.changed();
  }

  async tick() {
    if (this.running && !this.duty()) return this.stop();
    if (this.session.me && this.waiting > 0) await this.send();
  }

  async count() {
    this.waiting = (await fixesOf(this.session.me.id)).length;
  }

  // Until nothing waits, or the server cannot take it now.
  async send() {
    const { me } = this.session;
    if (this.sending || !me || !navigator.onLine) return;
    this.sending = true;
    try {
      const old = Date.now() - KEPT_MS;
      for (let batch = await this.next(me.id, old); batch.length > 0; batch = await this.next(me.id, old)) {
        if (!(await this.post(me, batch))) break;
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    } finally {
      this.sending = false;
      if (this.session.me?.id === me.id) await this.count();
      this.changed();
    }
  }

  async next(user, old) {
    const all = await fixesOf(user);
    await dropFixes(all.filter(({ t }) => t < old));
    return all.filter(({ t }) => t >= old).slice(0, AT_ONCE);
  }

  // Whether to go on with the next.
  async post(me, batch) {
    if (this.session.me?.id !== me.id) return false;
    const fixes = batch.map(({ user, ...fix }) => fix);
    const { status, data } = await this.session.step(this.config.fixes, { body: { sender: me.id, fixes } });
    if (this.session.me?.id !== me.id) return false;
    if (status === 200) {
      await this.settle(me, batch, data);
      return true;
    }
    if (status === 401) this.session.state = "out";
    // What cannot be read will not be readable later.
    if (status === 422) await dropFixes(batch);
    this.said = data.error?.message ?? "";
    return status === 422;
  }

  async settle(me, batch, { kept: count = 0, repeated = 0, refused = [] }) {
    await dropFixes(batch);
    this.confirmed += count + repeated;
    if (this.running) await keep(this.place(), { duty: this.duty()?.id ?? 0, confirmed: this.confirmed });
    const said = ngettext("%s position lay outside a duty and was not kept.", "%s positions lay outside a duty and were not kept.", refused.length);
    this.said = refused.length ? interpolate(said, [refused.length]) : "";
  }
}
