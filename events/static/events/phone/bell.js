// Hears at once that somebody was sent somewhere: the change feed, of which a phone asks for nothing
// but that.  Only while the page is seen and its owner is on duty, for phones cut streams in the
// background.  Where it does not ring, the page asks by itself as before.

const TOPIC = "own_errand";
const SILENCE_MS = 25_000;
const AGAIN_MS = [2_000, 10_000, 30_000, 60_000];

export class Bell {
  // wanted(): whether to listen now.  rang(): there is something to ask for, or was while nobody listened.
  constructor(config, session, wanted, rang) {
    Object.assign(this, { config, session, wanted, rang });
    Object.assign(this, { source: null, asking: false, heard: 0, failures: 0, next: 0, of: null });
    setInterval(() => this.look(), 2_000);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("online", () => this.again(0));
  }

  // Whether the stream stands: then there is no need to ask.
  get rings() {
    return this.source !== null && performance.now() - this.heard < SILENCE_MS;
  }

  look() {
    const wanted = document.visibilityState === "visible" && navigator.onLine && this.session.state === "in" && this.wanted();
    if (this.source && (!wanted || this.of !== this.session.me?.id)) return this.close();
    if (this.source && performance.now() - this.heard > SILENCE_MS) return this.fail();
    if (wanted && !this.source && !this.asking && performance.now() >= this.next) this.open();
  }

  async open() {
    this.asking = true;
    const me = this.session.me.id;
    try {
      const { status, data } = await this.session.step(this.config.ticket, {});
      if (status !== 200 || data.user !== me) return this.fail();
      this.of = me;
      this.heard = performance.now();
      this.listen(`${data.url}?since=${data.last_id}&topics=${TOPIC}`);
    } catch {
      this.fail();
    } finally {
      this.asking = false;
    }
  }

  listen(url) {
    const source = new EventSource(url, { withCredentials: true });
    this.source = source;
    // What came before the ticket is asked for once.
    source.addEventListener("open", () => this.hear() && this.rang());
    source.addEventListener("beat", () => this.hear());
    source.addEventListener("change", () => this.hear() && this.rang());
    // The server does not hear its own database: it cannot ring.
    for (const kind of ["cut", "reset", "error"]) source.addEventListener(kind, () => source === this.source && this.fail());
  }

  hear() {
    this.heard = performance.now();
    this.failures = 0;
    return true;
  }

  fail() {
    this.again(AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)] * (0.75 + Math.random() / 2));
    this.failures += 1;
  }

  again(wait) {
    this.close();
    this.next = performance.now() + wait;
  }

  close() {
    this.source?.close();
    this.source = null;
  }
}
