// The change feed as this page hears it.  No DOM: it says what state it is in, the page shows it.
//
// A ticket is asked for, everything is loaded once, then the stream is opened from the ticket's last
// id.  After an interruption a new ticket resumes from the last id heard.  The server beats every
// 10 s; silence of 25 s means that the page no longer knows what is true.

import { ask } from "maps/api";
import * as clock from "maps/clock";

const SILENCE_MS = 25_000;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

export class LiveFeed {
  // load(): fetch everything anew.  changed(change): one change.  told(state, why): "connecting",
  // "live", "lost" or "signed_out", with a sentence where there is one.  returned(): somebody has
  // signed in again, perhaps somebody else, or may see another territory: nothing on the page holds
  // any more.
  constructor({ ticketUrl, csrf, user, load, changed, told, returned }) {
    Object.assign(this, { ticketUrl, csrf, user, load, changed, told, returned });
    this.lastId = null;
    this.reach = null;
    this.source = null;
    this.failures = 0;
    this.state = "connecting";
    this.heardAt = null;
    this.heardTick = 0;
  }

  start() {
    this.told(this.state, "");
    setInterval(() => this.watch(), 1_000);
    addEventListener("online", () => this.retryNow());
    this.connect();
  }

  async connect() {
    this.retry = null;
    try {
      const { body, response } = await ask(this.ticketUrl, { method: "POST", csrf: this.csrf });
      const reach = body.reach.join();
      if (this.state === "signed_out" || body.user !== this.user) return this.returned();
      // Something was lent to them, or a loan is over: map and lists show another territory.
      if (this.reach !== null && this.reach !== reach) return this.returned();
      this.reach = reach;
      clock.setFrom(response);
      if (this.lastId === null) {
        await this.load();
        this.lastId = body.last_id;
      }
      this.open(`${body.url}?since=${this.lastId}`);
    } catch (error) {
      this.lose(error);
    }
  }

  open(url) {
    this.source = new EventSource(url, { withCredentials: true });
    this.openedTick = performance.now();
    this.source.addEventListener("beat", () => this.hear());
    this.source.addEventListener("change", (event) => {
      this.lastId = Number(event.lastEventId);
      this.hear();
      this.changed(JSON.parse(event.data));
    });
    // The stream stands, but the server has lost its database; the next beat says that it is back.
    this.source.addEventListener("cut", () => {
      this.openedTick = performance.now();
      this.move("lost", gettext("The server does not hear its database."));
    });
    this.source.addEventListener("reset", () => {
      this.lastId = null;
      this.lose(new Error(gettext("Too much was missed; everything is loaded anew.")));
    });
    this.source.addEventListener("error", () => {
      this.lose(new Error(gettext("The connection to the live stream was cut.")));
    });
  }

  hear() {
    this.heardAt = clock.now();
    this.heardTick = performance.now();
    this.heardWall = Date.now();
    this.failures = 0;
    this.move("live", "");
  }

  // Both clocks are asked: one stands still while a computer sleeps, the other may be set.
  watch() {
    if (this.source === null) return;
    const since = this.state === "live" ? this.heardTick : this.openedTick;
    const slept = this.state === "live" ? Math.abs(Date.now() - this.heardWall) : 0;
    if (Math.max(performance.now() - since, slept) > SILENCE_MS) {
      this.lose(new Error(gettext("Nothing has been heard from the server.")));
    }
  }

  lose(error) {
    this.source?.close();
    this.source = null;
    this.move([401, 403].includes(error.status) ? "signed_out" : "lost", error.message);
    clearTimeout(this.retry);
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
  }

  retryNow() {
    if (this.retry === null) return;
    clearTimeout(this.retry);
    this.connect();
  }

  move(state, why) {
    const same = this.state === state && this.why === why;
    this.state = state;
    this.why = why;
    if (!same) this.told(state, why);
  }
}
