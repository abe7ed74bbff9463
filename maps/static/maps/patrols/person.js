// What one look at somebody on duty should tell, where their sign was pressed.

import * as maplibre from "maplibre-gl";
import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element } from "maps/element";
import { personIcon } from "maps/patrols/people_icons";
import { stageOf } from "maps/patrols/people";

export class PersonNote {
  // tracked(duty, words): the track is wanted.  sent(duty, person): somebody is to be sent; absent
  // where the reader may not.
  constructor(map, url, { tracked, sent = null }) {
    Object.assign(this, { map, url, tracked, sent });
    this.id = null;
    this.popup = new maplibre.Popup({ className: "grid-note person-note", maxWidth: "24rem", offset: 18, focusAfterOpen: false });
    this.popup.on("close", () => (this.id = null));
  }

  async open(id, place) {
    this.popup.remove();
    this.id = Number(id);
    this.popup.setLngLat(place).setDOMContent(element("p", { class: "muted" }, gettext("Loading…"))).addTo(this.map);
    await this.fill();
  }

  close() {
    this.popup.remove();
  }

  // Goes along with whoever it tells of.
  follow(person) {
    if (this.id === null || !person) return;
    this.popup.setLngLat([person.lon, person.lat]);
  }

  async fill() {
    const { id } = this;
    let content;
    try {
      const { body } = await ask(`${this.url}/duties/${id}/card/`);
      content = this.content(body);
    } catch (error) {
      content = element("p", { class: "notice" }, error.message);
    }
    // Somebody else may have been pressed, or the note closed, before the answer came.
    if (this.id === id && this.popup.isOpen()) this.popup.setDOMContent(content);
  }

  content(person) {
    const span = interpolate(gettext("%s, %s to %s"), [person.shift, clock.timeText(Date.parse(person.begins)), clock.timeText(Date.parse(person.ends))]);
    const track = element("button", { type: "button", class: "quiet" }, gettext("Show the track"));
    track.addEventListener("click", () => this.tracked(person.duty, `${person.name} · ${person.shift}`));
    const send = this.sent && person.is_on_duty && element("button", { type: "button", class: "quiet" }, gettext("Send…"));
    if (send) send.addEventListener("click", () => this.sent(person));
    return element(
      "div",
      {},
      element("p", { class: "grid-name" }, personIcon(person.force), " ", person.name),
      element("p", {}, [person.post, span].join(" · ")),
      person.task && element("p", {}, person.task),
      element("p", { class: "muted" }, [person.force_text, person.means_text, person.phone].filter(Boolean).join(" · ")),
      heard(person),
      element("p", { class: "note-verbs" }, track, send),
    );
  }
}

// When, how exactly, and how long the phone will last.
function heard({ last, is_on_duty: isOnDuty }) {
  if (!isOnDuty) return element("p", { class: "muted" }, gettext("Not on duty now."));
  if (!last) return element("p", { class: "notice" }, gettext("Nothing has been heard in this duty yet."));
  const at = Date.parse(last.at);
  const parts = [
    interpolate(gettext("heard %s, at %s"), [clock.agoText(at), clock.timeText(at)]),
    last.accuracy_m !== null && interpolate(gettext("accurate to %s m"), [Math.round(last.accuracy_m)]),
    last.battery !== null && interpolate(gettext("battery %s %%"), [last.battery]),
  ];
  return element("p", { class: "person-heard", "data-stage": stageOf(at) }, parts.filter(Boolean).join(" · "));
}
