// Sets the corners of one shape, by mouse or by keyboard alone: the arrows move the map below a cross
// in its middle, Enter sets a corner there.

import { element, setText } from "maps/element";
import { takes } from "maps/keys";
import { collection, feature, geometryOf, leastPlaces } from "maps/desk/shapes";

// As many as a search takes.
const MOST = 200;
const TWICE_PX = 4;

export class Sketch {
  // holder: a bar of its own.  map: the wall's map.
  constructor(holder, map) {
    Object.assign(this, { holder, map, kind: null });
    this.hint = element("p", { class: "sketch-hint", id: "sketch-hint" });
    this.said = element("p", { class: "sketch-said", role: "status" });
    const buttons = {
      put: [gettext("Set a point here"), "Enter", () => this.putMiddle()],
      undo: [gettext("Undo"), gettext("Backspace"), () => this.undo()],
      done: [gettext("Finish"), "F", () => this.finish()],
      leave: [gettext("Cancel"), "Esc", () => this.leave()],
    };
    this.buttons = Object.fromEntries(Object.entries(buttons).map(([name, [text, key, press]]) => {
      const button = element("button", { type: "button", "data-verb": name }, text, " ", element("kbd", {}, key));
      button.addEventListener("click", press);
      return [name, button];
    }));
    holder.replaceChildren(this.hint, this.said, element("div", { class: "sketch-verbs" }, ...Object.values(this.buttons)));
    this.cross = element("div", { class: "sketch-cross", "aria-hidden": "true", hidden: true });
    map.map.getContainer().append(this.cross);
    // Before anything else hears of it: while somebody draws, Escape leaves the drawing alone.
    document.addEventListener("keydown", (event) => this.press(event), true);
    map.map.on("mousemove", ({ lngLat }) => this.follow(lngLat));
    map.map.on("dblclick", (event) => this.kind && (event.preventDefault(), this.finish()));
  }

  // finished(geometry); changed(geometry or null): says what is known so far; left(): given up.
  begin(kind, hint, { finished, changed = () => "", left = () => {} }) {
    if (this.kind) this.leave();
    Object.assign(this, { kind, finished, changed, left, places: [] });
    this.holder.hidden = false;
    this.cross.hidden = false;
    this.buttons.done.hidden = kind === "point" || kind === "box";
    this.buttons.undo.hidden = kind === "point";
    setText(this.hint, hint);
    this.map.pickPlace((place) => this.put(place));
    this.map.map.getCanvas().focus();
    this.show();
  }

  press(event) {
    if (!this.kind || event.isComposing || event.altKey) return;
    const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z";
    if ((event.ctrlKey || event.metaKey) && !isUndo) return;
    if (event.key === "Escape") this.heard(event, () => this.leave());
    else if (takes(event.target, event.key)) return;
    else if (isUndo || event.key === "Backspace" || event.key === "Delete") this.heard(event, () => this.undo());
    else if (event.key === "f" || event.key === "F") this.heard(event, () => this.finish());
    else if (event.key === "Enter") this.heard(event, () => this.putMiddle());
  }

  heard(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  putMiddle() {
    this.put(this.map.map.getCenter());
  }

  // The second press of a double one, and Enter without having moved, set nothing.
  put(place) {
    const { lng, lat } = place.wrap();
    const last = this.places.at(-1);
    if (last && this.isClose(last, [lng, lat])) return;
    if (this.places.length >= MOST) return this.say(interpolate(gettext("A shape has at most %s corners."), [MOST]));
    this.places.push([round(lng), round(lat)]);
    this.show();
    if (this.kind === "point" || (this.kind === "box" && this.places.length === 2)) this.finish();
  }

  isClose(one, other) {
    const [from, to] = [one, other].map((place) => this.map.map.project(place));
    return from.dist(to) < TWICE_PX;
  }

  undo() {
    this.places.pop();
    this.show();
  }

  finish() {
    const least = leastPlaces(this.kind);
    if (this.places.length < least) return this.say(interpolate(ngettext("Set %s point at least.", "Set %s points at least.", least), [least]));
    const [geometry, finished] = [geometryOf(this.kind, this.places), this.finished];
    this.end();
    finished(geometry);
  }

  leave() {
    if (!this.kind) return;
    this.end();
    this.left();
  }

  end() {
    this.kind = null;
    this.holder.hidden = true;
    this.cross.hidden = true;
    this.map.pickPlace(null);
    this.draw([]);
  }

  follow({ lng, lat }) {
    if (this.kind && this.places.length) this.draw([...this.places, [lng, lat]]);
  }

  show() {
    this.draw(this.places);
    this.buttons.undo.disabled = this.places.length === 0;
    this.buttons.done.disabled = this.places.length < leastPlaces(this.kind);
    const told = this.changed(this.places);
    const set = interpolate(ngettext("%s point", "%s points", this.places.length), [this.places.length]);
    this.say([set, told].filter(Boolean).join(" · "));
  }

  draw(places) {
    const shape = places.length ? [feature(geometryOf(this.kind, places))] : [];
    const corners = places.map((place) => feature({ type: "Point", coordinates: place }, { corner: true }));
    this.map.map.getSource("sketch")?.setData(collection([...shape, ...corners]));
  }

  say(text) {
    setText(this.said, text);
  }
}

function round(degree) {
  return Number(degree.toFixed(7));
}
