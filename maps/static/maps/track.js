// The track of one duty: the way with its direction, stops with their minutes, and what is doubted,
// hollow, with the reason when pressed.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";

const MINUTE_S = 60;

export class TrackView {
  // drawn(ways, points): what the map is to show, none to show none.  box(box): where it lies.
  constructor(holder, url, { drawn, went }) {
    Object.assign(this, { holder, url, drawn, went });
    this.duty = null;
    this.words = element("span");
    const name = gettext("Hide the track");
    const close = element("button", { type: "button", class: "quiet", "aria-label": name, title: name }, "×");
    close.addEventListener("click", () => this.close());
    holder.replaceChildren(this.words, close);
  }

  async open(duty, words) {
    this.duty = duty;
    this.holder.hidden = false;
    setText(this.words, `${words} · ${gettext("Loading…")}`);
    try {
      const { body } = await ask(`${this.url}/tracks/?duty=${duty}`);
      if (this.duty === duty) this.show(body, words);
    } catch (error) {
      if (this.duty === duty) setText(this.words, `${words} · ${error.message}`);
    }
  }

  close() {
    this.duty = null;
    this.holder.hidden = true;
    this.drawn([], []);
  }

  show({ features }, words) {
    const of = (kind) => features.filter(({ properties }) => properties.kind === kind);
    const [ways, stops, fixes] = [of("way"), of("stop"), of("fix")];
    const doubted = fixes.filter(({ properties }) => properties.reasons.length > 0);
    const signs = [...doubted.map(doubt), ...stops.map(stop)];
    this.drawn(ways, signs);
    const counts = [
      interpolate(ngettext("%s stop", "%s stops", stops.length), [stops.length]),
      interpolate(ngettext("%s doubted position", "%s doubted positions", doubted.length), [doubted.length]),
    ];
    setText(this.words, [words, ...(ways.length ? counts : [gettext("no track yet")])].join(" · "));
    const box = boxOf([...ways, ...stops]);
    if (box) this.went(box);
  }
}

function stop({ geometry, properties }) {
  const minutes = Math.max(1, Math.round(properties.seconds / MINUTE_S));
  const label = String(minutes);
  const words = interpolate(gettext("Stop of %s min, from %s"), [minutes, clock.exactText(Date.parse(properties.begin))]);
  return { type: "Feature", geometry, properties: { kind: "stop", label, words } };
}

function doubt({ geometry, properties }) {
  const words = interpolate(gettext("%s: %s"), [clock.exactText(Date.parse(properties.at)), properties.reasons.join(", ")]);
  return { type: "Feature", geometry, properties: { kind: "doubted", words } };
}

function boxOf(features) {
  const points = features.flatMap(({ geometry }) => (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === "MultiLineString" ? 1 : 0)));
  if (points.length === 0) return null;
  const axis = (index, pick) => points.reduce((found, point) => pick(found, point[index]), points[0][index]);
  return [axis(0, Math.min), axis(1, Math.min), axis(0, Math.max), axis(1, Math.max)];
}
