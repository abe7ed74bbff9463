// Whose turn it is, while the wall goes through the streets by itself.  Pure: time is an argument (ms of
// a clock that nobody sets), and showing is somebody else's.
//
// A touch pauses the turns; they go on when nothing has been touched for a while.  What the wall has
// been sent to by hand, or by an alarm, therefore stays.

export class Turns {
  // stops: what is shown in turn, in order.  Times in ms.
  constructor({ stops, every_ms, pause_ms }) {
    Object.assign(this, { stops, every_ms, pause_ms });
    this.index = -1;
    this.running = false;
    this.until = 0;
    this.resumes = null;
  }

  get current() {
    return this.stops[this.index] ?? null;
  }

  start(now) {
    this.running = this.stops.length > 0;
    this.resumes = null;
    return this.step(1, now);
  }

  stop() {
    this.running = false;
    this.resumes = null;
  }

  // Somebody has touched the page: the present one stays until it has been quiet for a while.
  touch(now) {
    if (this.running) this.resumes = now + this.pause_ms;
  }

  // The next or the one before, by hand; a pause goes on from here.
  step(by, now) {
    const count = this.stops.length;
    if (count === 0) return null;
    this.index = (Math.max(this.index, by < 0 ? 0 : -1) + by + count) % count;
    this.until = now + this.every_ms;
    if (this.resumes !== null) this.touch(now);
    return this.current;
  }

  // To be called every second: the stop to be shown from now on, null where nothing changes.
  tick(now) {
    if (!this.running) return null;
    if (this.resumes !== null) {
      if (now < this.resumes) return null;
      this.resumes = null;
      return this.step(1, now);
    }
    return now < this.until ? null : this.step(1, now);
  }

  // Whole seconds until the next one.
  left_s(now) {
    return Math.max(0, Math.ceil(((this.resumes ?? this.until) - now) / 1_000));
  }
}

// Stops in the order of `codes`; all of them, as they come, where none are named.  The whole
// territory comes first: whoever looks up sees where the street lies that comes next.
export function inOrder(streets, codes, whole) {
  const byCode = new Map(streets.map((street) => [street.code.slice(0, 9), street]));
  const wanted = codes.length ? codes.map((code) => byCode.get(code.slice(0, 9))).filter(Boolean) : streets;
  return wanted.length > 1 ? [whole, ...wanted] : wanted;
}
