// What the map shows, in groups with their legends: check boxes, so that every keyboard and every
// reader of screens knows them.

import { SEVERITIES, severityText, sign } from "events/icons";
import { STATES, stateText } from "maps/cameras";
import { element, setText } from "maps/element";
import { icon } from "maps/icons";
import { FORCES, forceText, personIcon } from "maps/patrols/people_icons";
import { CHOSEN_EVENTS, DRAWN_LAYERS, PLACE_COLOURS, PLACE_LAYERS } from "maps/desk/desk_style";

const CAMERAS = ["cameras", "cameras-online", "camera-names"];
const HEAPS = ["camera-heaps", "camera-heap-numbers"];
const OFF_AT_FIRST = ["places"];

export class Layers {
  // changed(): the choice is another.  seen: the buttons of what has been seen, or none.
  constructor(holder, config, map, { changed, seen = [] }) {
    Object.assign(this, { config, map, changed });
    this.isFiltered = { cameras: false, events: false };
    this.counts = {};
    this.boxes = {};
    const kept = gettext("Layers and filters hold for the moment that is shown. What cannot be pressed here is of now; of the past it is not kept. Streets and communities go by where things lie now, ages by the moment that is shown.");
    holder.replaceChildren(element("h2", {}, gettext("Layers")), element("p", { class: "desk-said then-only" }, kept), ...[
      config.sees_cameras && this.group(gettext("Cameras"), this.box("cameras", gettext("Cameras")), this.states(), ofNow(this.box("outages", gettext("One fault, several cameras"), outageSign()))),
      config.sees_events && this.group(gettext("Events"), this.box("events", gettext("Open events")), legend(gettext("Open events"), SEVERITIES.map((one) => [sign({ severity: one, kind: "", due: "green" }), severityText(one)]))),
      config.sees_patrols && this.group(gettext("People on duty"), this.box("people", gettext("People on duty")), legend(gettext("People on duty"), FORCES.map((force) => [personIcon(force), forceText(force)]))),
      this.group(gettext("Territory"), this.box("grids", gettext("Grids"), null, ["grids"]), this.box("communities", gettext("Communities and villages")), this.box("streets", gettext("Streets and towns"))),
      config.layers.places && ofNow(this.group(gettext("Places"), this.box("places", gettext("Buildings, shops and service points"), null, PLACE_LAYERS.slice(0, 2)), legend(gettext("Places"), placeSigns()))),
      seen.length > 0 && ofNow(this.group(gettext("What has been seen"), element("ul", { class: "desk-legend", "aria-label": gettext("What has been seen") }, ...seen))),
      ofNow(this.group(gettext("Drawings"), this.box("drawings", gettext("What I have drawn"), null, DRAWN_LAYERS.slice(0, 3)))),
      config.base && this.group(gettext("Base map"), this.box("base", gettext("Base map"), null, this.baseLayers())),
    ].filter(Boolean));
    this.set("");
  }

  group(title, ...content) {
    return element("details", { class: "desk-group", open: true }, element("summary", {}, title), ...content);
  }

  // faded: layers of the map of which one can see through; they get a slider.
  box(name, text, picture = null, faded = null) {
    const box = element("input", { type: "checkbox", value: name });
    const number = element("span", { class: "desk-number" });
    this.boxes[name] = { box, number };
    box.addEventListener("change", () => this.told());
    return element("div", { class: "desk-layer" }, element("label", {}, box, picture, text), number, faded && this.slider(text, faded));
  }

  slider(text, layers) {
    const name = interpolate(gettext("Opacity of %s"), [text]);
    const slider = element("input", { type: "range", min: 10, max: 100, step: 10, value: 100, "aria-label": name, title: name });
    slider.addEventListener("input", () => this.map?.fade(layers, slider.value / 100));
    slider.addEventListener("change", () => this.changed());
    return slider;
  }

  states() {
    this.stateNumbers = {};
    return element("ul", { class: "desk-legend", "aria-label": legendText(gettext("Cameras")) }, ...STATES.map((state) => {
      this.stateNumbers[state] = element("span", { class: "desk-number" });
      return element("li", {}, icon(state), stateText(state), this.stateNumbers[state]);
    }));
  }

  // Of the cameras that are shown: how many, and by state.
  count({ all, states }) {
    for (const state of STATES) setText(this.stateNumbers[state], String(states[state] ?? 0));
    setText(this.boxes.cameras.number, String(all));
  }

  countEvents(text) {
    setText(this.boxes.events.number, text);
  }

  isOn(name) {
    return Boolean(this.boxes[name]?.box.checked);
  }

  // What a search of the view looks for: as the search names its layers.
  get searched() {
    const places = ["buildings", "shops", "services"];
    return ["cameras", "events", "people", "grids", "places"].filter((name) => this.isOn(name)).flatMap((name) => (name === "places" ? places : [name]));
  }

  // As the address has it: names of those that are on; none for how it is at first.
  get text() {
    const on = Object.keys(this.boxes).filter((name) => this.isOn(name));
    const usual = Object.keys(this.boxes).filter((name) => !OFF_AT_FIRST.includes(name));
    return on.join() === usual.join() ? "" : on.join() || "none";
  }

  set(text) {
    const on = text ? text.split(",") : Object.keys(this.boxes).filter((name) => !OFF_AT_FIRST.includes(name));
    for (const [name, { box }] of Object.entries(this.boxes)) box.checked = on.includes(name);
    this.told();
  }

  filtered(of, isFiltered) {
    this.isFiltered[of] = isFiltered;
    this.draw();
  }

  told() {
    this.draw();
    this.changed();
  }

  draw() {
    const { map, isFiltered } = this;
    if (!map) return;
    map.layerShown(CAMERAS, this.isOn("cameras"));
    map.layerShown(HEAPS, this.isOn("cameras") && !isFiltered.cameras);
    map.layerShown(["outages", "outage-rings", "outage-numbers"], this.isOn("outages"));
    map.layerShown(["grids", "grid-names"], this.isOn("grids"));
    map.layerShown(["communities", "community-names"], this.isOn("communities"));
    map.layerShown(["streets", "street-names"], this.isOn("streets"));
    map.layerShown(PLACE_LAYERS, this.isOn("places"));
    map.layerShown(DRAWN_LAYERS, this.isOn("drawings"));
    map.layerShown(CHOSEN_EVENTS, this.isOn("events") && isFiltered.events);
    map.layerShown(this.baseLayers(), this.isOn("base"));
    map.wall.patrols?.setWanted(this.isOn("people"));
    if (this.config.sees_events) map.wall.showEvents(this.isOn("events") && !isFiltered.events);
  }

  baseLayers() {
    return this.config.base ? ["base", ...(this.config.base.layers ?? []).flatMap((_layer, index) => [`base-areas-${index}`, `base-lines-${index}`])] : [];
  }
}

// What the map of the past does not have.
function ofNow(node) {
  node.dataset.now = "";
  return node;
}

function legend(name, rows) {
  return element("ul", { class: "desk-legend", "aria-label": legendText(name) }, ...rows.map(([picture, text]) => element("li", {}, picture, text)));
}

function legendText(name) {
  return interpolate(gettext("Legend: %s"), [name]);
}

function outageSign() {
  return element("span", { class: "outage-sign", "aria-hidden": "true" }, "n");
}

function placeSigns() {
  const texts = { building: gettext("Buildings"), shop: gettext("Shops"), service_point: gettext("Service points") };
  return Object.entries(texts).map(([kind, text]) => {
    const dot = document.createElement("canvas");
    [dot.width, dot.height, dot.className] = [24, 24, "icon"];
    const pen = dot.getContext("2d");
    pen.fillStyle = PLACE_COLOURS[kind];
    pen.arc(12, 12, 6, 0, 2 * Math.PI);
    pen.fill();
    return [dot, text];
  });
}
