// What one look at an event should tell, where its sign was pressed, and the way to its page.

import * as maplibre from "maplibre-gl";
import { ask } from "maps/api";
import { aroundButton } from "maps/around";
import * as clock from "maps/clock";
import { element } from "maps/element";

export class EventNote {
  // ringed(point or null): where the event lies whose note is open.  around: see aroundButton.
  constructor(map, url, { ringed, around }) {
    Object.assign(this, { map, url, ringed, around });
    this.id = null;
    this.popup = new maplibre.Popup({ className: "grid-note event-note", maxWidth: "24rem", offset: 18, focusAfterOpen: false });
    this.popup.on("close", () => {
      this.id = null;
      this.ringed(null);
    });
  }

  async open(id, place) {
    this.popup.remove();
    this.id = Number(id);
    this.ringed(place);
    this.popup.setLngLat(place).setDOMContent(element("p", { class: "muted" }, gettext("Loading…"))).addTo(this.map);
    await this.fill();
  }

  close() {
    this.popup.remove();
  }

  // A change of the feed: what the note tells may be out of date.
  changed(id) {
    if (this.id === Number(id)) this.fill();
  }

  async fill() {
    const { id } = this;
    let content;
    try {
      const { body } = await ask(`${this.url}/${id}/card/`);
      content = this.content(body);
    } catch (error) {
      content = element("p", { class: "notice" }, error.message);
    }
    // Another event may have been pressed, or the note closed, before the answer came.
    if (this.id === id && this.popup.isOpen()) this.popup.setDOMContent(content);
  }

  content(event) {
    const received = interpolate(gettext("received at %s"), [clock.timeText(Date.parse(event.received_at))]);
    return element(
      "div",
      { "data-due": event.due },
      element("a", { class: "grid-name", href: event.page }, event.entry),
      element("p", {}, element("strong", {}, event.state_text), " · ", event.severity_text, " · ", event.level_text),
      event.due_text && element("p", { class: "event-due" }, event.due_text),
      event.text && element("p", { class: "event-words" }, event.text.length > 120 ? `${event.text.slice(0, 119)}…` : event.text),
      element("p", { class: "muted" }, [event.address, event.grid].filter(Boolean).join(" · ")),
      event.units.length > 0 && element("p", { class: "muted" }, event.units.join("、")),
      element("p", { class: "muted" }, [event.number, event.source_text, received].filter(Boolean).join(" · ")),
      element("p", {}, element("a", { href: event.page }, gettext("Open the page of this event"))),
      aroundButton(this.around, `events:${this.id}`, event.number ?? event.entry),
    );
  }
}
