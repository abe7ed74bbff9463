// Lets a time run that is not the clock's: so many seconds a second, forward, until its end.

const FRAME_MS = 60;

export class Player {
  // speed(): seconds a second.  moved(seconds): so much more has passed; false ends it.
  // turned(isPlaying): it plays or stands.
  constructor({ speed, moved, turned }) {
    Object.assign(this, { speed, moved, turned });
    this.playing = false;
  }

  play(wanted) {
    if (wanted === this.playing) return;
    this.playing = wanted;
    this.turned(wanted);
    if (!wanted) return;
    const run = (this.run = {});
    let before = performance.now();
    const turn = (now) => {
      if (!this.playing || this.run !== run) return;
      if (now - before >= FRAME_MS) {
        const passed = (now - before) / 1000;
        before = now;
        if (this.moved(passed * this.speed()) === false) return this.play(false);
      }
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }
}
