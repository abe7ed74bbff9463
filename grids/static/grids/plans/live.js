// What would come of a line or a drag while the pointer still moves: one question at a time, about the
// newest place, and never more often than the beat.  A question that was not sent yet gives way to the
// next one; an answer that comes after the gesture has ended is not shown.

const BEAT_MS = 150;

export class Live {
  constructor(editor, map) {
    Object.assign(this, { editor, map, gesture: 0, next: null, isAsking: false });
  }

  // operations(): what is done by now, or null; asked for when its turn comes.
  show(operations) {
    this.next = operations;
    if (!this.isAsking) this.run();
  }

  // The gesture is over: what follows it shows its own.
  stop() {
    this.gesture += 1;
    this.next = null;
  }

  async run() {
    this.isAsking = true;
    while (this.next) {
      await new Promise((go) => setTimeout(go, BEAT_MS));
      const { next, gesture } = this;
      this.next = null;
      if (next === null) continue;
      const operations = next();
      // What cannot be done half way may be done at the end: no words about it.
      const told = operations && (await this.editor.preview(operations).catch(() => null));
      if (gesture === this.gesture) this.map.showPreview(told);
    }
    this.isAsking = false;
  }
}
