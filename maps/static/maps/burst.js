// Many calls that come close together are one act.  Pure but for the timer, which can be given.

// Changes of the feed: one repaint when it has been quiet for a moment, and at the latest after a second.
export const CLOSE_TOGETHER = { quiet_ms: 200, most_ms: 1_100 };

export class Burst {
  // act(): once things have been quiet for quiet_ms, and at the latest most_ms after the first call.
  constructor(act, { quiet_ms, most_ms, timer = globalThis, now = () => performance.now() }) {
    Object.assign(this, { act, quiet_ms, most_ms, timer, now });
    this.first = null;
    this.last = null;
  }

  // One call costs a clock reading and no timer: a thousand a second are nothing.
  call() {
    this.last = this.now();
    if (this.first !== null) return;
    this.first = this.last;
    this.wait(this.quiet_ms);
  }

  wait(ms) {
    this.timer.setTimeout(() => this.look(), ms);
  }

  look() {
    const now = this.now();
    const due = Math.min(this.last + this.quiet_ms, this.first + this.most_ms);
    if (now < due) return this.wait(due - now);
    this.first = null;
    this.act();
  }
}
