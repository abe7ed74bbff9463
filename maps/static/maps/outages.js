// Outages of several cameras on the map: one mark each, in the middle of its cameras, with their
// number; what they share, since when and which cameras they are stands in its note.

import * as maplibre from "maplibre-gl";
import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element } from "maps/element";

// On a map so low (a phone's) a note only fits above a mark that lies at the lower edge.
const LOW_PX = 420;
const LOW_OFFSET = 0.2;

export function outageFeatures(items) {
  return {
    type: "FeatureCollection",
    features: items.filter(({ lon, lat }) => lon !== null && lat !== null).map(({ id, cameras, lon, lat }) => ({
      type: "Feature",
      id,
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { id, cameras },
    })),
  };
}

export function suspectText({ suspect_text: what, suspect_name: name }) {
  return `${what} ${name}`;
}

export function camerasText(count) {
  return interpolate(ngettext("%s camera", "%s cameras", count), [count]);
}

export class OutageNote {
  // picked(id): one of its cameras was pressed.
  constructor(map, url, picked) {
    Object.assign(this, { map, url, picked });
    this.items = [];
    this.popup = new maplibre.Popup({ className: "grid-note outage-note", maxWidth: "24rem", offset: 24, focusAfterOpen: false });
    this.popup.on("close", () => (this.id = null));
    this.id = null;
  }

  // What is open now: a note of an outage that is over goes away, another follows its cameras.
  keep(items) {
    this.items = items;
    if (this.id === null) return;
    const item = items.find(({ id }) => id === this.id);
    if (!item) return this.popup.remove();
    this.popup.setLngLat([item.lon, item.lat]);
    if (item.cameras !== this.shown) this.fill(item);
  }

  get isLow() {
    return this.map.getContainer().clientHeight < LOW_PX;
  }

  // zoom: how close to go where the map is low; elsewhere it stays as it is.
  open(id, zoom = this.map.getZoom()) {
    const item = this.items.find((one) => one.id === id);
    if (!item) return;
    this.popup.remove();
    this.popup.options.anchor = this.isLow ? "bottom" : undefined;
    if (this.isLow) {
      const offset = [0, this.map.getContainer().clientHeight * LOW_OFFSET];
      this.map.easeTo({ center: [item.lon, item.lat], zoom, offset, duration: 300 });
    }
    this.popup.setLngLat([item.lon, item.lat]).addTo(this.map);
    this.id = id;
    this.fill(item);
  }

  fill(item) {
    this.shown = item.cameras;
    const also = item.also.map(({ text, name }) => `${text} ${name}`).join(" · ");
    const list = element("ol", { class: "outage-cameras", "aria-label": suspectText(item) }, element("li", { class: "muted" }, gettext("Loading…")));
    const fold = element("details", { open: this.unfolded ?? false }, element("summary", {}, camerasText(item.cameras)), list);
    const load = () => fold.open && this.list(item.id, list);
    fold.addEventListener("toggle", () => {
      this.unfolded = fold.open;
      load();
    });
    this.popup.setDOMContent(element(
      "div",
      {},
      element("p", { class: "grid-name" }, suspectText(item)),
      element("p", {}, interpolate(gettext("One fault, suspected here · since %s"), [clock.timeText(Date.parse(item.opened_at))])),
      element("p", { class: "muted" }, item.reason_text),
      also && element("p", { class: "muted" }, interpolate(gettext("Would explain the same: %s"), [also])),
      fold,
    ));
  }

  async list(id, list) {
    let rows;
    try {
      const { body } = await ask(`${this.url}/outages/${id}/`);
      rows = body.items.map((camera) => this.row(camera));
      const rest = body.total - rows.length;
      if (rest > 0) rows.push(element("li", { class: "muted" }, interpolate(gettext("and %s more"), [rest])));
    } catch (error) {
      rows = [element("li", { class: "notice" }, error.message)];
    }
    list.replaceChildren(...rows);
  }

  row({ id, name, reason_text: reason }) {
    const button = element("button", { type: "button", class: "quiet" }, name, " ", element("span", { class: "muted" }, reason));
    button.addEventListener("click", () => this.picked(id));
    return element("li", {}, button);
  }
}
