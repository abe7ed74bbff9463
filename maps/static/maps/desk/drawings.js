// What the reader has drawn: kept in this browser alone, saved as a GeoJSON file and loaded again.

import { element } from "maps/element";
import { keep, kept } from "maps/kept";
import { areaM2, lengthM } from "maps/desk/geodesy";
import { areaText, distanceText } from "maps/desk/measures";
import { MOST_SHAPES, boxOf, collection, feature, readShapes } from "maps/desk/shapes";

const MOST_BYTES = 1_000_000;
const LONGEST_NAME = 60;

export class Drawings {
  // user: what is kept is that reader's.  shown(features); went(box); around(geometry, name).
  // named(): a name is written, and the map is to have the focus again.
  constructor(holder, user, { shown, went, around, draw, named }) {
    Object.assign(this, { holder, shown, went, around, named, key: `desk-drawings-${user}` });
    this.shapes = this.read();
    this.said = element("p", { role: "status", class: "desk-said" });
    this.list = element("ul", { class: "drawn-list", "aria-label": gettext("Drawings") });
    this.save = button(gettext("Save as a file"), () => this.download());
    this.file = element("input", { type: "file", accept: ".geojson,.json,application/geo+json", "aria-label": gettext("Load drawings from a file"), class: "visually-hidden" });
    this.file.addEventListener("change", () => this.load());
    const begin = kindButtons(draw);
    holder.replaceChildren(element("h2", {}, gettext("Drawings")), element("div", { class: "desk-verbs" }, ...begin), this.list, this.said,
      element("div", { class: "desk-verbs" }, this.save, button(gettext("Load a file"), () => this.file.click()), this.file));
    this.show();
  }

  read() {
    try {
      return readShapes(kept(this.key) ?? "");
    } catch {
      return [];
    }
  }

  add(geometry) {
    if (this.shapes.length >= MOST_SHAPES) return this.say(interpolate(gettext("There are %s drawings at most: delete some, or save them as a file."), [MOST_SHAPES]));
    this.shapes.push(feature(geometry, { name: "" }));
    this.changed();
    this.list.lastElementChild.querySelector("input").focus();
  }

  changed() {
    keep(this.key, JSON.stringify(collection(this.shapes)));
    this.show();
  }

  show() {
    this.save.disabled = this.shapes.length === 0;
    this.list.replaceChildren(...this.shapes.map((shape, index) => this.row(shape, index)));
    this.shown(this.shapes);
  }

  row(shape, index) {
    const { geometry, properties } = shape;
    const words = sizeText(geometry);
    const name = element("input", { type: "text", maxlength: LONGEST_NAME, value: properties.name, placeholder: kindText(geometry), "aria-label": interpolate(gettext("Name of drawing %s"), [index + 1]) });
    name.addEventListener("change", () => {
      properties.name = name.value.trim();
      keep(this.key, JSON.stringify(collection(this.shapes)));
      this.shown(this.shapes);
    });
    name.addEventListener("keydown", (event) => this.leave(event, properties.name));
    const label = properties.name || `${kindText(geometry)} ${index + 1}`;
    const verbs = [
      button("⌖", () => this.went(boxOf(geometry)), interpolate(gettext("Show %s on the map"), [label])),
      button("◎", () => this.around(geometry, label), interpolate(gettext("Search around %s"), [label])),
      button("×", () => this.remove(index), interpolate(gettext("Delete %s"), [label])),
    ];
    return element("li", {}, name, element("span", { class: "muted" }, words), element("span", { class: "desk-verbs" }, ...verbs));
  }

  // Enter keeps what is written, Escape what was there; both leave the field.
  leave(event, before) {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") event.target.value = before;
    event.target.blur();
    this.named();
  }

  remove(index) {
    this.shapes.splice(index, 1);
    this.changed();
    (this.list.children[Math.min(index, this.shapes.length - 1)]?.querySelector("input") ?? this.file.previousElementSibling).focus();
  }

  download() {
    const address = URL.createObjectURL(new Blob([JSON.stringify(collection(this.shapes))], { type: "application/geo+json" }));
    element("a", { href: address, download: "drawings.geojson" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1_000);
  }

  // What is there stays; either all of the file comes, or nothing of it.
  async load() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    if (file.size > MOST_BYTES) return this.say(gettext("The file is larger than 1 MB: save fewer drawings in one."));
    try {
      const shapes = readShapes(await file.text());
      if (shapes.length + this.shapes.length > MOST_SHAPES) throw new Error("many");
      this.shapes.push(...shapes);
      this.changed();
      this.say(interpolate(ngettext("%s drawing was loaded.", "%s drawings were loaded.", shapes.length), [shapes.length]));
    } catch (error) {
      this.say(faults()[error.message] ?? faults().json);
    }
  }

  say(text) {
    this.said.textContent = text;
  }
}

function faults() {
  return {
    json: gettext("This is no GeoJSON file. Choose one that was saved here, or by a GIS as GeoJSON."),
    none: gettext("There are no points, lines or areas in this file."),
    kinds: gettext("Drawings are points, lines and areas; split shapes of several parts first."),
    many: interpolate(gettext("There are %s drawings at most: delete some, or save them as a file."), [MOST_SHAPES]),
    places: gettext("A place in this file lies outside the map. Save it in WGS84 degrees (EPSG:4326)."),
  };
}

// One for each kind of shape that can be drawn.
export function kindButtons(draw) {
  const kinds = { point: gettext("Point"), line: gettext("Line"), polygon: gettext("Area") };
  return Object.entries(kinds).map(([kind, text]) => button(text, () => draw(kind)));
}

function kindText({ type }) {
  return { Point: gettext("Point"), LineString: gettext("Line"), Polygon: gettext("Area") }[type];
}

function sizeText({ type, coordinates }) {
  if (type === "LineString") return distanceText(lengthM(coordinates));
  if (type !== "Polygon") return "";
  const [outer, ...holes] = coordinates.map(areaM2);
  return areaText(outer - holes.reduce((sum, hole) => sum + hole, 0));
}

function button(text, press, name = null) {
  const made = element("button", { type: "button", ...(name && { "aria-label": name, title: name }) }, text);
  made.addEventListener("click", press);
  return made;
}
