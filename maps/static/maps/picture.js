// A camera's newest picture, how old it is, and the button that asks for another.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";

// The server promises a picture or a failure within 5 s; the rest is the way here.
const PATIENCE_MS = 10_000;

export class Picture {
  constructor(config, cameraId) {
    Object.assign(this, { config, cameraId });
    this.takenAt = null;
    this.waitsSince = null;
    // Older than this a picture no longer shows what is there now: the rule of the camera's class.
    this.oldMs = Infinity;
    this.image = element("img", { alt: "", decoding: "async", hidden: true });
    this.none = element("p", { class: "picture-none" }, gettext("There is no picture of this camera yet."));
    this.age = element("figcaption", { class: "picture-age" });
    this.button = element("button", { type: "button", "data-role": "refresh" }, gettext("Take a picture"));
    this.button.hidden = !config.takes_pictures;
    this.button.addEventListener("click", () => this.take());
    this.progress = element("progress", { hidden: true, "aria-label": gettext("Taking a picture") });
    this.said = element("p", { class: "picture-said", role: "status", hidden: true });
    this.image.addEventListener("load", () => this.image.toggleAttribute("hidden", false));
    this.image.addEventListener("error", () => this.broken());
    this.node = element(
      "figure",
      { class: "picture" },
      element("div", { class: "picture-frame" }, this.image, this.none),
      this.age, this.said, this.progress, this.button,
    );
  }

  // Takes over what the server says of the camera and its newest picture.
  show({ name, state, snapshot }) {
    this.state = state;
    this.oldMs = snapshot.dim_after_s * 1000;
    this.image.alt = interpolate(gettext("Picture of %s"), [name]);
    if (snapshot.url) this.showImage(snapshot.url, snapshot.taken_at);
    if (this.waitsSince === null) this.say(sentence(snapshot.failure));
    this.tick();
  }

  showImage(url, takenAt) {
    if (this.image.getAttribute("src") !== url) {
      // Until it has come, the picture before it must not stand under its time.
      this.image.hidden = true;
      this.image.setAttribute("src", url);
    }
    this.none.hidden = true;
    this.takenAt = Date.parse(takenAt);
  }

  broken() {
    this.image.hidden = true;
    // So that the next showing tries again, and does not take the wreck for a picture.
    this.image.removeAttribute("src");
    this.none.hidden = false;
    this.takenAt = null;
    setText(this.none, gettext("The picture could not be loaded."));
    this.tick();
  }

  async take() {
    this.waitsSince = clock.now();
    this.wanted = null;
    this.say("");
    this.tick();
    try {
      const url = `${this.config.urls.cameras}/${this.cameraId}/snapshot/`;
      const { body } = await ask(url, { method: "POST", csrf: this.config.csrf });
      this.wanted = String(body.snapshot);
    } catch (error) {
      this.end(error.message);
    }
  }

  // The feed tells of a picture of this camera, asked for here or elsewhere.
  arrived(snapshot) {
    if (snapshot.url) this.showImage(snapshot.url, snapshot.taken_at);
    const mine = this.waitsSince !== null && [null, String(snapshot.snapshot)].includes(this.wanted);
    if (mine) this.end("");
    else this.tick();
  }

  end(sentence) {
    this.waitsSince = null;
    this.say(sentence);
    this.tick();
  }

  say(sentence) {
    this.said.hidden = !sentence;
    setText(this.said, sentence);
  }

  tick() {
    const waitedMs = this.waitsSince === null ? 0 : clock.now() - this.waitsSince;
    if (waitedMs > PATIENCE_MS) return this.end(gettext("No picture came, and no reason why. Try again."));
    this.progress.hidden = this.waitsSince === null;
    this.button.disabled = this.waitsSince !== null;
    setText(this.button, this.waitsSince === null ? gettext("Take a picture")
      : interpolate(gettext("Taking a picture… %s"), [clock.lengthText(waitedMs)]));
    const ageMs = this.takenAt === null ? null : clock.now() - this.takenAt;
    this.node.toggleAttribute("data-old", ageMs !== null && (ageMs > this.oldMs || this.state === "offline"));
    this.age.hidden = ageMs === null;
    if (ageMs !== null) setText(this.age, this.ageText());
  }

  ageText() {
    const when = `${clock.agoText(this.takenAt)} · ${clock.exactText(this.takenAt)}`;
    if (this.state !== "offline") return interpolate(gettext("Picture taken %s"), [when]);
    return interpolate(gettext("Last picture before the failure, %s"), [when]);
  }
}

// Why there is no picture and what to do about it; "" where there is one.
function sentence(failure) {
  return failure ? `${failure.reason_text}${gettext(": ")}${failure.cause} ${failure.remedy}` : "";
}
