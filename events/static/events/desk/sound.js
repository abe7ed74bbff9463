// Two tones for what is urgent and new.  The choice is kept in this browser.  A browser plays nothing
// before somebody has touched the page, so the button says when that is still to come.

const FLOOD_MS = 10_000; // of many that come together one is heard

export class Sound {
  // kept: the name under which the choice is kept.
  constructor(button, kept = "event-sound") {
    Object.assign(this, { button, kept });
    this.playedAt = -Infinity;
    try {
      this.isOn = localStorage.getItem(this.kept) !== "off";
    } catch {
      this.isOn = true;
    }
    button.addEventListener("click", () => this.toggle());
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.wake(), { once: true });
    this.show();
  }

  toggle() {
    this.isOn = !this.isOn;
    try {
      localStorage.setItem(this.kept, this.isOn ? "on" : "off");
    } catch {
      // Kept for this page alone, then.
    }
    this.show();
    this.wake();
    if (this.isOn) this.play();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
  }

  wake() {
    this.context ??= new AudioContext();
    this.context.resume();
  }

  play() {
    const now = performance.now();
    if (!this.isOn || !this.context || now - this.playedAt < FLOOD_MS) return;
    this.playedAt = now;
    [[0, 880], [0.22, 660], [0.44, 880]].forEach(([after, hertz]) => this.tone(this.context.currentTime + after, hertz));
  }

  tone(at, hertz) {
    const tone = new OscillatorNode(this.context, { frequency: hertz, type: "triangle" });
    const volume = new GainNode(this.context, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
    volume.gain.linearRampToValueAtTime(0, at + 0.2);
    tone.connect(volume).connect(this.context.destination);
    tone.start(at);
    tone.stop(at + 0.21);
  }
}
