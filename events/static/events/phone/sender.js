// Sends what is queued, one report after another: its photos first, then the report that names them.
// Every photo and report has an id that was made on the phone, and the server takes each id once: to
// send again is always safe, so whatever is not confirmed is sent again.

import { ask, Unreachable } from "phone/net";
import { changeReport, confirm, markPhoto, photosOf, reportsOf } from "phone/store";

const PHOTO_S = 90;
const FIRST_WAIT_S = 5;
const LONGEST_WAIT_S = 300;

// Why sending stops for now: nothing has become of the report.
class Pause extends Error {
  constructor(message, wait_s = 0) {
    super(message);
    this.wait_s = wait_s;
  }
}

export class Sender {
  // changed(): something on the phone is different now.
  constructor(config, session, changed) {
    Object.assign(this, { config, session, changed });
    this.sending = null;
    this.problem = "";
    this.running = false;
    this.again = false;
    this.wait_s = FIRST_WAIT_S;
    this.timer = 0;
  }

  // Now, or once more when it is at it already.
  async run() {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    clearTimeout(this.timer);
    try {
      do {
        this.again = false;
        await this.empty();
      } while (this.again);
    } finally {
      this.running = false;
      this.sending = null;
      this.changed();
    }
  }

  async empty() {
    const was = this.session.state;
    const state = await this.session.refresh();
    if (was !== state) this.changed();
    if (state !== "in") return this.later(state === "away" ? 0 : LONGEST_WAIT_S);
    try {
      // One at a time, looked up anew each time: the queue may have changed meanwhile.
      for (let report = await this.next(); report; report = await this.next()) await this.send(report);
      this.problem = "";
      this.wait_s = FIRST_WAIT_S;
    } catch (error) {
      if (!(error instanceof Pause || error instanceof Unreachable)) throw error;
      this.problem = error instanceof Pause ? error.message : "";
      if (error instanceof Unreachable) this.session.state = "away";
      await this.later(error.wait_s ?? 0);
    }
  }

  async next() {
    const waiting = (await reportsOf(this.session.me.id)).filter(({ state }) => state === "queued");
    return waiting.at(-1) ?? null;
  }

  // After the time that the server has named, else after twice as long as the last time.
  async later(wait_s) {
    const me = this.session.me;
    const waits = me && (await reportsOf(me.id)).some(({ state }) => state === "queued");
    if (!waits && this.session.state !== "away") return;
    const after_s = wait_s || this.wait_s * (0.75 + Math.random() / 2);
    this.wait_s = Math.min(LONGEST_WAIT_S, this.wait_s * 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), after_s * 1000);
  }

  async send(report) {
    this.sending = report.client_id;
    this.changed();
    if (!(await this.sendPhotos(report))) return;
    let answer = await this.post(report);
    if (answer.data.error?.kind === "PhotosMissing") {
      // The server has swept what nothing had named for a day; they are still here.
      for (const id of answer.data.error.photos) await markPhoto(id, false);
      if (!(await this.sendPhotos(report))) return;
      answer = await this.post(report);
    }
    await this.settle(report, answer);
    this.sending = null;
    this.changed();
  }

  // Whether all are there; a photo that the server refuses refuses the report.
  async sendPhotos({ client_id: report }) {
    for (const photo of (await photosOf(report)).filter(({ sent }) => !sent)) {
      const address = `${this.config.photos}?client_id=${photo.client_id}&sender=${this.session.me.id}`;
      const answer = await ask(address, { method: "POST", body: photo.bytes, csrf: this.session.csrf, seconds: PHOTO_S });
      this.pause(answer);
      if (answer.status >= 400) {
        await changeReport(report, { state: "refused", problem: answer.data.error?.message ?? String(answer.status) }, "queued");
        return false;
      }
      await markPhoto(photo.client_id, true);
    }
    return true;
  }

  async post(report) {
    const photos = (await photosOf(report.client_id)).map(({ client_id }) => client_id);
    const { client_id, category, text, address, lon, lat, accuracy_m, outside_reason, position_checked, seen_at } = report;
    const body = {
      client_id, category, text, address, lon, lat, accuracy_m, outside_reason, position_checked, seen_at, photos,
      sender: this.session.me.id,
      sent_at: new Date().toISOString(),
    };
    const answer = await ask(this.config.reports, { method: "POST", body, csrf: this.session.csrf });
    this.pause(answer);
    return answer;
  }

  // Answers that say nothing about the report.
  pause({ status, data, wait_s }) {
    const message = data.error?.message ?? String(status);
    if (status === 401 || status === 409) {
      this.session.state = "out";
      throw new Pause("", LONGEST_WAIT_S);
    }
    if (status === 429) throw new Pause(message, wait_s);
    // 403: the page's token is of an older session, which the next try asks for anew; or the role is gone.
    if (status === 403 || status >= 500) throw new Pause(message);
  }

  async settle({ client_id }, { status, data }) {
    if (status === 200 || status === 201) {
      await confirm(client_id, { number: data.number, event: data.id, problem: data.message, questions: [], confirmed_at: Date.now() });
    } else {
      const questions = data.error?.questions ?? [];
      const fields = { state: questions.length ? "asked" : "refused", problem: data.error?.message ?? String(status), questions };
      await changeReport(client_id, fields, "queued");
    }
  }
}
