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

  // The server's own words: "way" with its times, "stay" from t to t_end, "fix" with why it is doubted.
  show({ features }, words) {
    const of = (what) => features.filter(({ properties }) => properties.what === what);
    const [ways, stays] = [of("way"), of("stay")];
    const doubted = of("fix").filter(({ properties }) => properties.flags.length > 0);
    this.drawn(ways, [...doubted.map(doubt), ...stays.map(stop)]);
    const counts = [
      interpolate(ngettext("%s stop", "%s stops", stays.length), [stays.length]),
      interpolate(ngettext("%s doubted position", "%s doubted positions", doubted.length), [doubted.length]),
    ];
    setText(this.words, [words, ...(ways.length ? counts : [gettext("no track yet")])].join(" · "));
    const box = boxOf([...ways, ...stays]);
    if (box) this.went(box);
  }
}

function stop({ geometry, properties: { t, t_end: end } }) {
  const minutes = Math.max(1, Math.round((end - t) / MINUTE_S));
  const words = interpolate(gettext("Stop of %s min, from %s"), [minutes, clock.exactText(t * 1000)]);
  return { type: "Feature", geometry, properties: { kind: "stop", label: String(minutes), words } };
}

function doubt({ geometry, properties: { t, flags } }) {
  const words = interpolate(gettext("%s: %s"), [clock.exactText(t * 1000), flags.map(reasonText).join(gettext(", "))]);
  return { type: "Feature", geometry, properties: { kind: "doubted", words } };
}

function reasonText(flag) {
  return {
    nowhere: gettext("the phone knew no position"),
    future: gettext("its time lay ahead"),
    mock: gettext("made up by an app"),
    inaccurate: gettext("too inexact"),
    repeated: gettext("repeated"),
    too_fast: gettext("too fast for the means of transport"),
    disputed: gettext("disputed with success"),
  }[flag] ?? flag;
}

function boxOf(features) {
  const points = features.flatMap(({ geometry }) => (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates.flat(geometry.type === "MultiLineString" ? 1 : 0)));
  if (points.length === 0) return null;
  const axis = (index, pick) => points.reduce((found, point) => pick(found, point[index]), points[0][index]);
  return [axis(0, Math.min), axis(1, Math.min), axis(0, Math.max), axis(1, Math.max)];
}
