// The tools over the map, each with a key: what they wait for, and the operation that comes of it.

import { element } from "maps/element";
import { along, beside, nearest } from "plans/geometry";
import { toPlace } from "plans/ol";

const MODES = {
  select: [() => gettext("Select"), "V", "M5 3l13 9-6 1 4 7-3 1-3-7-5 4z"],
  split: [() => gettext("Split"), "S", "M4 5h16v14H4zM13 3l-3 7 4 4-3 7"],
  reshape: [() => gettext("Reshape a border"), "R", "M4 5h16v14H4zM12 5c-5 4 5 9 0 14"],
  hand: [() => gettext("Hand over"), "H", "M4 5h16v14H4zM12 5v14M12 9h5v6h-5"],
  move: [() => gettext("Move points"), "E", "M12 3v18M3 12h18M12 3l-2.5 3M12 3l2.5 3M12 21l-2.5-3M12 21l2.5-3M3 12l3-2.5M3 12l3 2.5M21 12l-3-2.5M21 12l-3 2.5"],
  merge: [() => gettext("Merge"), "M", "M4 5h16v14H4zM12 5v3M12 11v2M12 16v3"],
  add: [() => gettext("Add a grid"), "A", "M4 5h16v14H4zM12 9v6M9 12h6"],
  retire: [() => gettext("End a grid"), "T", "M4 5h16v14H4zM9 9l6 6M15 9l-6 6"],
};
const ACTS = {
  renumber: [() => gettext("Renumber"), "N", "M5 6h2v5M4 11h4M12 6h3v2l-3 3h4M5 15h12M5 19h12"],
  rename: [() => gettext("Rename"), "F2", "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4"],
  assign: [() => gettext("Assign people"), "P", "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4 20c1-5 4-6 8-6s7 1 8 6"],
  lock: [() => gettext("Lock"), "L", "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z"],
};
const SVG = "http://www.w3.org/2000/svg";

export function toolTexts() {
  return Object.fromEntries(Object.entries({ ...MODES, ...ACTS }).map(([name, [text, key]]) => [name, [text(), key]]));
}

function signOf(path) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", class: "tool-sign", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(name, value);
  svg.append(Object.assign(document.createElementNS(SVG, "path")));
  svg.firstChild.setAttribute("d", path);
  return svg;
}

export class Tools {
  // acts: what the tools without a drawing do, by name.  drag: see Drag.  sketches: a KeptSketch.
  // preview: a Live.
  constructor(holder, { editor, map, sketch, card, drag, sketches, preview, acts }) {
    Object.assign(this, { holder, editor, map, sketch, card, drag, sketches, preview, acts, mode: "select" });
    this.buttons = Object.fromEntries(Object.entries({ ...MODES, ...ACTS }).map(([name, [text, key, path]]) => {
      const button = element("button", { type: "button", "data-tool": name, title: `${text()} (${key})`, "aria-label": text(), "aria-keyshortcuts": key, "aria-pressed": name in MODES ? false : null }, signOf(path), element("span", { class: "tool-word" }, text()));
      button.addEventListener("click", () => this.use(name));
      return [name, button];
    }));
    const gap = element("span", { class: "draw-gap", role: "separator" });
    holder.replaceChildren(...Object.keys(MODES).map((name) => this.buttons[name]), gap, ...Object.keys(ACTS).map((name) => this.buttons[name]));
    this.rove();
    this.mark();
  }

  // One stop for the Tab key; the arrows go on from there (WAI-ARIA, toolbar).
  rove() {
    const all = Object.values(this.buttons);
    const stop = (at) => all.forEach((button, index) => (button.tabIndex = index === at ? 0 : -1));
    stop(0);
    this.holder.addEventListener("keydown", (event) => {
      const at = all.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = (to + all.length) % all.length;
      stop(next);
      all[next].focus();
    });
  }

  mark() {
    const draws = this.editor.mayDraw;
    for (const [name, button] of Object.entries(this.buttons)) {
      if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(name === this.mode));
      button.disabled = !draws && name !== "select";
    }
    this.holder.hidden = !draws;
  }

  use(name) {
    if (!this.editor.mayDraw && name !== "select") return;
    if (name in ACTS) return this.acts[name]();
    this.begin(name);
  }

  begin(mode, { points = [], isDone = false } = {}) {
    this.leave();
    this.mode = mode;
    this.mark();
    this.map.deaf = ["split", "reshape", "hand", "add", "move"].includes(mode);
    const chosen = this.editor.selected();
    if (mode === "select") this.map.say("");
    if (mode === "split") this.drawn("LineString", gettext("Draw a line across a grid, from border to border. A double press ends it."), points, isDone);
    if (mode === "reshape") this.drawn("LineString", gettext("Draw the new border: begin and end it on the old one. B follows borders and streets."), points, isDone);
    if (mode === "hand") this.drawn("Polygon", gettext("Draw around what is handed over."), points, isDone);
    if (mode === "add") this.drawn("Polygon", gettext("Draw around the ground of the new grid, or press Enter for a whole grid that is selected."), points, isDone);
    if (mode === "move") {
      this.map.say(gettext("Drag a point of a border; with Shift, a whole side. All grids that share it move along."));
      this.drag.begin();
    }
    if (mode === "merge") this.offerMerge(chosen);
    if (mode === "retire") this.offerEnd(chosen);
  }

  // Back to choosing grids; what was drawn is given up.
  leave() {
    // First: a form that closes goes back to the tool that is on.
    this.mode = "select";
    this.preview.stop();
    this.map.showPreview(null);
    this.sketch.end();
    this.drag.end();
    this.card.close(false);
    this.map.say("");
    this.sketches.write({ sketch: null });
    this.map.deaf = false;
    this.mark();
  }

  // Escape: first the form, then the line, then the tool.
  back() {
    if (this.card.isOpen) this.card.close(false);
    else if (this.sketch.isOn && this.sketch.abandon()) this.giveUpLine();
    else if (this.mode === "select") this.editor.select([]);
    else this.begin("select");
  }

  giveUpLine() {
    this.preview.stop();
    this.map.showPreview(null);
    this.sketches.write({ sketch: null });
  }

  drawn(kind, hint, points, isDone) {
    const { mode } = this;
    this.map.say(hint);
    const keep = (places, done = false) => this.sketches.write({ sketch: places.length ? { tool: mode, community: this.editor.community(), points: places, done } : null });
    this.sketch.begin(kind, {
      done: (geometry) => {
        this.sketch.end();
        this.preview.stop();
        keep(placesOf(geometry), true);
        this.map.showSketch(geometry);
        this.map.say("");
        this.offer[mode].call(this, geometry);
      },
      changed: (geometry) => this.live(geometry),
      points: keep,
    });
    if (points.length > 0) {
      this.sketch.restore(points);
      if (isDone) this.sketch.finish();
    }
  }

  // ---- While a line is drawn -----------------------------------------------------------------------

  live(geometry) {
    if (this.mode in this.guess) this.preview.show(() => (this.sketch.isOn ? this.guess[this.mode].call(this, geometry) : null));
  }

  // What is meant as the line is now, as one operation; null while there is too little of it.
  guess = {
    split(geometry) {
      if (geometry.getLength() === 0) return null;
      const [grid] = this.gridsAlong(geometry);
      return grid ? [{ do: "split", grid: grid.key, line: placesOf(geometry), keeps: "left", code: this.editor.state.next_code, name: grid.name }] : null;
    },
    reshape(geometry) {
      if (geometry.getLength() === 0) return null;
      const [one, two] = this.pair(geometry);
      return one && two ? [{ do: "reshape", grid: one.key, other: two.key, line: placesOf(geometry) }] : null;
    },
    hand(geometry) {
      if (geometry.getArea() === 0) return null;
      const [giver, taker] = this.givesAndTakes(geometry);
      return giver && taker ? [{ do: "hand over", grid: giver.key, into: taker.key, ring: placesOf(geometry) }] : null;
    },
  };

  gridsAlong(geometry) {
    const chosen = this.editor.selected().map((key) => this.editor.grid(key)).filter((grid) => grid.own);
    const met = along(geometry, this.map.ownFeatures()).map((feature) => feature.get("grid"));
    return [...met.filter((grid) => chosen.includes(grid)), ...met.filter((grid) => !chosen.includes(grid))];
  }

  // ---- What was drawn ------------------------------------------------------------------------------

  offer = {
    split(geometry) {
      const line = placesOf(geometry);
      const [grid = this.editor.own()[0]] = this.gridsAlong(geometry);
      this.card.open({
        title: gettext("Split a grid"),
        fields: [this.gridField("grid", gettext("Grid"), grid), this.numberField(), this.nameField(newName(grid, this.editor.state.next_code)), { name: "other", label: gettext("Exchange the two parts"), kind: "check" }],
        operation: ({ grid: key, number, name, other }) => number && name ? { do: "split", grid: key, line, keeps: other ? "right" : "left", code: this.codeOf(number), name } : null,
        // The larger part keeps the code.
        tuned: ({ grid: key, other, number }, { grids }) => {
          const of = (one) => grids.find((row) => row.key === one)?.area_m2 ?? 0;
          return of(key) < of(this.codeOf(number)) ? { other: !other } : null;
        },
      });
    },
    reshape(geometry) {
      const line = placesOf(geometry);
      const [one, two] = this.pair(geometry);
      this.card.open({
        title: gettext("Reshape a border"),
        hint: gettext("Each part goes to the grid that most of it was."),
        fields: [this.gridField("grid", gettext("Grid"), one), this.gridField("other", gettext("Its neighbour"), two)],
        operation: ({ grid, other }) => ({ do: "reshape", grid, other, line }),
      });
    },
    hand(geometry) {
      const ring = placesOf(geometry);
      const [giver, taker] = this.givesAndTakes(geometry);
      this.card.open({
        title: gettext("Hand a piece over"),
        fields: [this.gridField("grid", gettext("Grid that gives"), giver), this.gridField("into", gettext("Grid that takes"), taker)],
        operation: ({ grid, into }) => ({ do: "hand over", grid, into, ring }),
      });
    },
    add(geometry) {
      this.offerAdd(placesOf(geometry), this.gridBelow(geometry));
    },
  };

  // Who gives what a ring encloses, and who takes it: a grid that is chosen, else one beside.
  givesAndTakes(geometry) {
    const middle = geometry.getInteriorPoint().getCoordinates();
    const inside = this.map.ownFeatures().find((feature) => feature.getGeometry().intersectsCoordinate(middle))?.get("grid");
    const [first, second] = this.gridsAlong(geometry);
    const giver = inside ?? first ?? this.editor.own()[0];
    const chosen = this.editor.selected().map((key) => this.editor.grid(key)).find((grid) => grid.own && grid !== giver);
    const taker = chosen ?? [first, second].find((grid) => grid && grid !== giver) ?? this.closest(geometry.getCoordinates()[0], giver);
    return [giver, taker];
  }

  // The two grids whose border a line is meant to be.
  pair(geometry) {
    const ends = [geometry.getFirstCoordinate(), geometry.getLastCoordinate()];
    const chosen = this.editor.selected().map((key) => this.editor.grid(key)).filter((grid) => grid.own);
    if (chosen.length === 2) return chosen;
    const [one = this.editor.own()[0], two] = this.gridsAlong(geometry);
    return [one, two ?? this.closest(ends, one)];
  }

  closest(places, except) {
    return nearest(places, this.map.ownFeatures().filter((feature) => feature.get("grid") !== except))[0]?.get("grid") ?? except;
  }

  gridBelow(geometry) {
    const middle = geometry.getInteriorPoint().getCoordinates();
    return this.map.sources.grids.getFeatures().find((feature) => feature.getGeometry().intersectsCoordinate(middle))?.get("grid") ?? this.editor.own()[0];
  }

  // Enter before a point is set: a whole grid.
  addWhole() {
    const grid = this.editor.grid(this.editor.selected()[0] ?? "");
    if (!grid) return false;
    this.sketch.end();
    this.offerAdd(null, grid);
    return true;
  }

  offerAdd(ring, grid) {
    const free = this.editor.state.communities.filter((one) => one.grids_before === 0 && one.grids === 0);
    this.card.open({
      title: gettext("Add a grid of a new community"),
      hint: free.length ? "" : gettext("Every community of this territory has grids already: split one of them. A new community is entered in the territory first."),
      fields: [
        { name: "community", label: gettext("Community"), kind: "select", options: free.map(({ code, name }) => [code, name]) },
        this.gridField("grid", gettext("Ground of"), grid, [...this.editor.grids.values()]),
        { name: "number", label: gettext("Number"), kind: "text", value: "001", longest: 3, pattern: "\\d{1,3}" },
        this.nameField(gettext("Grid 1")),
      ],
      operation: ({ community, grid: key, number, name }) => community && number && name ? { do: "add", grid: key, ring, code: community + number.padStart(3, "0"), name } : null,
    });
  }

  offerMerge(chosen) {
    const own = chosen.filter((key) => this.editor.grid(key)?.own);
    this.map.say(own.length < 2 ? gettext("Press the grids to merge, one after the other; then M or Enter.") : "");
    if (own.length < 2) return;
    const grids = own.map((key) => this.editor.grid(key)).sort((one, other) => other.area_m2 - one.area_m2);
    this.card.open({
      title: interpolate(ngettext("Merge %s grid", "Merge %s grids", own.length), [own.length]),
      fields: [this.gridField("into", gettext("Goes on"), grids[0], grids)],
      operation: ({ into }) => ({ do: "merge", grids: own, into }),
    });
  }

  offerEnd(chosen) {
    const [key] = chosen;
    if (!key) {
      this.map.say(gettext("Press the grid of a dissolved community that ends, then T or Enter."));
      return;
    }
    const ended = this.editor.grid(key);
    const others = this.map.sources.grids.getFeatures().filter((feature) => feature.get("grid").code.slice(0, 12) !== ended.code.slice(0, 12));
    const heirs = beside(this.map.feature(key), others).map((feature) => feature.get("grid"));
    this.map.say(heirs.length ? "" : gettext("No grid of another community lies beside it: merge it first with one that has such a neighbour."));
    if (!heirs.length) return;
    this.card.open({
      title: interpolate(gettext("End %s"), [ended.name]),
      hint: gettext("Its ground goes to a grid of another community beside it."),
      fields: [this.gridField("into", gettext("Ground goes to"), heirs[0], heirs)],
      operation: ({ into }) => into ? { do: "retire", grid: key, into } : null,
    });
  }

  // A press on a grid while a tool waits for grids.
  picked(key, more) {
    if (this.card.isOpen) return;
    const many = more || this.mode === "merge";
    if (key === null) this.editor.select([]);
    else if (many) this.editor.toggle(key);
    else this.editor.select([key]);
    if (this.mode === "retire" && key !== null) this.offerEnd([key]);
  }

  // Enter where no form is open.
  enter() {
    if (this.mode === "merge") this.offerMerge(this.editor.selected());
    else if (this.mode === "retire") this.offerEnd(this.editor.selected());
    else if (this.sketch.isOn && this.mode === "add" && !this.sketch.feature && this.addWhole()) return;
    else if (this.sketch.isOn) this.sketch.putMiddle();
  }

  // ---- Fields --------------------------------------------------------------------------------------

  gridField(name, label, grid, grids = this.editor.own()) {
    return { name, label, kind: "select", value: grid?.key, options: grids.map((one) => [one.key, `${one.code.slice(12)} ${one.name}`]) };
  }

  numberField() {
    return { name: "number", label: gettext("Number of the new one"), kind: "text", value: this.editor.state.next_code.slice(12), longest: 3, pattern: "\\d{1,3}" };
  }

  nameField(value) {
    return { name: "name", label: gettext("Its name"), kind: "text", value };
  }

  codeOf(number) {
    return this.editor.community() + number.padStart(3, "0");
  }
}

// The points of a line, or the corners of a ring, as longitude and latitude.
function placesOf(geometry) {
  return (geometry.getType() === "Polygon" ? geometry.getCoordinates()[0].slice(0, -1) : geometry.getCoordinates()).map(toPlace);
}

// As its neighbours are called: the last number in the name is the new one's.
function newName(grid, code) {
  const number = String(Number(code.slice(12)));
  return /\d+(?=\D*$)/.test(grid.name) ? grid.name.replace(/\d+(?=\D*$)/, number) : `${grid.name} ${number}`;
}
