// Says whether what is on the page is true now: a word in the bar, and, when it is not, a red banner
// that nobody can overlook.

import * as clock from "maps/clock";
import { element, setText } from "maps/element";

// A stream that comes back within this time is not worth an alarm.
const GRACE_MS = 3_000;
// Nor is a web server that starts anew.
const MISSING_MS = 10_000;

const WORDS = {
  connecting: () => gettext("Connecting…"),
  live: () => gettext("Live"),
  lost: () => gettext("Not live"),
  signed_out: () => gettext("Signed out"),
};

export class Banner {
  constructor(box, word, config) {
    Object.assign(this, { box, word, config });
    // The title counts seconds, which must not be read out each time; the reason is, once.
    this.title = element("strong", { class: "banner-title", role: "timer" });
    this.text = element("span", { class: "banner-text", role: "alert" });
    this.link = element("a", { href: config.urls.sign_in, hidden: true }, gettext("Sign in again"));
    box.append(this.title, this.text, this.link);
    this.picture = "";
    this.missing = null;
    this.state = "connecting";
    this.changedTick = performance.now();
    this.heardAt = null;
  }

  // heardAt: when the server was last heard (server time, ms), null for never.
  tell(state, why, heardAt) {
    const bad = (name) => name !== "live";
    if (bad(state) !== bad(this.state)) this.changedTick = performance.now();
    Object.assign(this, { state, why, heardAt });
    this.tick();
  }

  // What the page asks again and again and does not get, as `missing` of maps/api has it: the stream
  // may go on while the process that answers is gone.
  miss(missing) {
    this.missing = missing;
    this.tick();
  }

  // The picture of the map is gone ("" when it is back).
  trouble(sentence) {
    this.picture = sentence;
    this.tick();
  }

  tick() {
    const patient = performance.now() - this.changedTick < GRACE_MS && this.state !== "signed_out";
    const cut = this.state !== "live" && !patient;
    const late = this.missing !== null && performance.now() - this.missing.since > MISSING_MS;
    const stale = cut || late;
    const shown = late && this.state === "live" ? "lost" : this.state;
    if (document.body.dataset.live !== shown) document.body.dataset.live = shown;
    setText(this.word, WORDS[shown]());
    this.box.hidden = !stale && !this.picture;
    document.body.toggleAttribute("data-stale", stale);
    if (this.box.hidden) return;
    const [title, text] = this.said(cut, late);
    setText(this.title, title);
    setText(this.text, text);
    this.link.hidden = this.state !== "signed_out";
    // A kiosk's address says how it is set up; whoever signs in again comes back to it.
    this.link.href = this.config.urls.sign_in + encodeURIComponent(location.search);
  }

  said(cut, late) {
    if (cut) return [this.cutTitle(), this.why ?? ""];
    if (late) return [sinceTitle(clock.now() - (performance.now() - this.missing.since)), this.missing.why];
    return [gettext("The map is not shown"), this.picture];
  }

  cutTitle() {
    if (this.state === "signed_out") return gettext("Not live: you are signed out");
    if (this.heardAt === null) return gettext("Not live: no connection to the server yet");
    return sinceTitle(this.heardAt);
  }
}

function sinceTitle(at) {
  const words = [clock.exactText(at), clock.lengthText(clock.now() - at)];
  return interpolate(gettext("Not live since %s (%s). What is shown may be wrong."), words);
}
