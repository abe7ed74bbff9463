// Draws privacy masks on a camera's picture: polygons of corners in shares of its width and height.

const MOST_MASKS = 16;
const MOST_CORNERS = 32;
const FEWEST_CORNERS = 3;
// So near (in shares of the width) a corner is taken hold of.
const GRASP = 0.015;
const STEP = 0.01;
const BIG_STEP = 0.05;
const SVG = "http://www.w3.org/2000/svg";

function begin(stage) {
  const svg = stage.querySelector("svg");
  const image = stage.querySelector("img");
  const form = document.getElementById("mask-form");
  const stored = JSON.parse(document.getElementById("mask-data").textContent);
  const before = JSON.stringify(stored.polygons);
  // What was refused is not lost: it is shown again, to be mended.
  const given = form.elements.polygons.value;
  const drawing = new Drawing(svg, image, given ? JSON.parse(given) : stored.polygons, {
    changed(polygons, { canUndo, said }) {
      form.elements.polygons.value = JSON.stringify(polygons);
      form.querySelector("button.main").disabled = JSON.stringify(polygons) === before;
      document.getElementById("mask-undo").disabled = !canUndo;
      document.getElementById("mask-said").textContent = said;
      document.getElementById("mask-none").hidden = polygons.length > 0;
      list(polygons, (index) => drawing.remove(index));
    },
  });
  document.getElementById("mask-undo").addEventListener("click", () => drawing.undo());
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", (event) => {
    if (!sent && !form.querySelector("button.main").disabled) event.preventDefault();
  });
}

// The masks as a list, for those who do not see the drawing.
function list(polygons, remove) {
  const rows = polygons.map((polygon, index) => {
    const row = document.createElement("li");
    const corners = interpolate(ngettext("%s corner", "%s corners", polygon.length), [polygon.length]);
    row.append(interpolate(gettext("Mask %s: %s"), [index + 1, corners]), " ");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = gettext("Remove");
    button.setAttribute("aria-label", interpolate(gettext("Remove mask %s"), [index + 1]));
    button.addEventListener("click", () => remove(index));
    row.append(button);
    return row;
  });
  document.querySelector(".mask-list").replaceChildren(...rows);
}

class Drawing {
  // changed(polygons, {canUndo, said}): after every change.
  constructor(svg, image, polygons, { changed }) {
    Object.assign(this, { svg, polygons, changed });
    this.width = image.width || 1000;
    this.height = image.height || 1000;
    [this.width, this.height] = [Number(image.getAttribute("width")) || this.width, Number(image.getAttribute("height")) || this.height];
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.open = [];
    this.before = [];
    this.cross = [0.5, 0.5];
    this.held = null;
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", () => this.letGo());
    svg.addEventListener("dblclick", (event) => { event.preventDefault(); this.close(); });
    svg.addEventListener("keydown", (event) => this.key(event));
    this.tell("");
  }

  press(event) {
    if (event.button !== 0) return;
    const at = this.placeOf(event);
    this.held = this.corner(at);
    if (this.held) {
      this.keep();
      this.svg.setPointerCapture(event.pointerId);
    } else if (event.detail < 2) {
      this.add(at);
    }
  }

  move(event) {
    if (!this.held) return;
    const [polygon, index] = this.held;
    polygon[index] = this.placeOf(event);
    this.draw();
  }

  letGo() {
    if (this.held) this.tell("");
    this.held = null;
  }

  key(event) {
    const step = event.shiftKey ? BIG_STEP : STEP;
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (ways[event.key]) this.cross = this.cross.map((value, axis) => inside(value + ways[event.key][axis]));
    else if (event.key === " ") this.add([...this.cross]);
    else if (event.key === "Enter") this.close();
    else if (event.key === "Escape") this.drop();
    else if (event.key === "Backspace") this.undo();
    else return;
    event.preventDefault();
    this.draw();
  }

  add(at) {
    if (this.polygons.length >= MOST_MASKS) return this.tell(interpolate(gettext("A camera has %s masks at most."), [MOST_MASKS]));
    if (this.open.length >= MOST_CORNERS) return this.tell(interpolate(gettext("A mask has %s corners at most."), [MOST_CORNERS]));
    this.keep();
    this.open.push(at);
    return this.tell("");
  }

  close() {
    if (this.open.length === 0) return;
    if (this.open.length < FEWEST_CORNERS) {
      this.tell(gettext("A mask needs three corners at least."));
      return;
    }
    this.keep();
    this.polygons.push(this.open);
    this.open = [];
    this.tell("");
  }

  drop() {
    if (this.open.length === 0) return;
    this.keep();
    this.open = [];
    this.tell("");
  }

  remove(index) {
    this.keep();
    this.polygons.splice(index, 1);
    this.tell("");
    this.svg.focus();
  }

  keep() {
    this.before.push(JSON.stringify([this.polygons, this.open]));
  }

  undo() {
    const last = this.before.pop();
    if (last) [this.polygons, this.open] = JSON.parse(last);
    this.tell("");
  }

  // The corner near a place, as [polygon, index]; null where there is none.
  corner([x, y]) {
    const ratio = this.height / this.width;
    for (const polygon of [this.open, ...this.polygons]) {
      const index = polygon.findIndex(([a, b]) => Math.hypot(a - x, (b - y) * ratio) < GRASP);
      if (index >= 0) return [polygon, index];
    }
    return null;
  }

  placeOf(event) {
    const box = this.svg.getBoundingClientRect();
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  tell(said) {
    this.draw();
    this.changed(this.polygons, { canUndo: this.before.length > 0, said });
  }

  draw() {
    const marks = this.polygons.map((polygon) => this.shape("polygon", polygon, "mask"));
    if (this.open.length) marks.push(this.shape("polyline", this.open, "open"));
    for (const polygon of [...this.polygons, this.open]) marks.push(...polygon.map((at) => this.knob(at)));
    marks.push(this.crosshair());
    this.svg.replaceChildren(...marks);
  }

  shape(name, polygon, kind) {
    const points = polygon.map(([x, y]) => `${x * this.width},${y * this.height}`).join(" ");
    return make(name, { points, class: kind });
  }

  knob([x, y]) {
    return make("circle", { cx: x * this.width, cy: y * this.height, r: this.width * 0.006, class: "knob" });
  }

  crosshair() {
    const [x, y] = [this.cross[0] * this.width, this.cross[1] * this.height];
    const arm = this.width * 0.015;
    return make("path", { d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`, class: "cross" });
  }
}

function inside(value) {
  return Math.min(1, Math.max(0, Math.round(value * 10_000) / 10_000));
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

const stage = document.querySelector(".masks-stage");
if (stage) begin(stage);
