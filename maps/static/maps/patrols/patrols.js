// Puts the wall's parts of patrols together: live signs, track, replay, panel, and their buttons.

import { element } from "maps/element";
import { keep, kept } from "maps/kept";
import { OnDuty } from "maps/patrols/panel";
import { People } from "maps/patrols/people";
import { FORCES, forceText, personIcon } from "maps/patrols/people_icons";
import { Replay } from "maps/patrols/replay";
import { Sending } from "maps/patrols/sending";
import { TrackView } from "maps/patrols/track";

const KEPT = "wall-people";
// Ages are told in minutes; a sign that fades a little late misleads nobody.
const AGE_EVERY_MS = 10_000;
const COUNT_EVERY_MS = 15_000;

export class Patrols {
  // map: the wall's, null where none can be drawn.
  constructor({ config, map, at }) {
    this.map = map;
    const url = config.urls.patrols;
    this.people = new People(url, { shown: () => this.drawPeople() });
    this.panel = new OnDuty(at("patrols"), url, { visited: (box, area) => map?.visit(box, { area }) });
    this.track = new TrackView(at("track"), url, {
      drawn: (ways, signs) => map?.patrols.showTrack(ways, signs),
      went: (box) => map?.visit(box, { marked: false }),
    });
    this.replay = new Replay(at("replay"), url, {
      drawn: (features) => map?.patrols.draw("replay", features),
      opened: (on) => {
        map?.patrols.setReplaying(on);
        this.replayButton.setAttribute("aria-pressed", String(on));
      },
    });
    this.sending = config.sends_patrols && map ? new Sending(at("sending"), config, map) : null;
    map?.patrols.listen({
      tracked: (duty, words) => this.track.open(duty, words),
      sent: this.sending && ((person) => this.sending.begin(person)),
    });
    setInterval(() => this.drawPeople(), AGE_EVERY_MS);
    this.countWait = null;
  }

  load() {
    this.panel.refresh();
    return this.people.load();
  }

  changed({ topic }) {
    if (topic !== "position") return;
    this.people.changed();
    // Whom something was heard of again counts as heard.
    this.countWait ??= setTimeout(() => {
      this.countWait = null;
      this.panel.refresh();
    }, COUNT_EVERY_MS);
  }

  drawPeople() {
    this.map?.patrols.showPeople(this.people);
  }

  // Signs by force, and two buttons: show people, play a shift again.
  legend() {
    const forces = FORCES.map((force) => element("li", {}, personIcon(force), forceText(force)));
    const hollow = element("li", {}, personIcon("grid_worker", true), gettext("Not heard of for 10 min"));
    const isShown = kept(KEPT) !== "off";
    const show = button(gettext("People"), isShown, (on) => {
      keep(KEPT, on ? "on" : "off");
      this.map?.patrols.setWanted(on);
    });
    this.map?.patrols.setWanted(isShown);
    this.replayButton = element("button", { type: "button", class: "quiet", id: "show-replay", "aria-pressed": false }, gettext("Replay"));
    this.replayButton.addEventListener("click", () => this.replay.open());
    return [...forces, hollow, element("li", {}, show), element("li", {}, this.replayButton)];
  }
}

export function button(text, pressed, chosen) {
  const made = element("button", { type: "button", class: "quiet", "aria-pressed": pressed }, text);
  made.addEventListener("click", () => {
    const wanted = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(wanted));
    chosen(wanted);
  });
  return made;
}
