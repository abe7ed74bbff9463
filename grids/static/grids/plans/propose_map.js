// A small drawing of one alternative: its grids with their households, today's borders dashed.

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 320;
const HIGH = 220;
const EDGE = 6;

// before, after: rings ([lon, lat] each) by code; households: by code, or null for a drawing without.
export function smallMap(before, after, households) {
  const place = fitted(Object.values(after).flat(2));
  const map = node("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "propose-map", role: "img", "aria-label": gettext("The proposed grids") });
  for (const [code, rings] of Object.entries(after)) {
    const grid = node("path", { d: pathOf(rings, place), class: code in before ? "propose-grid" : "propose-grid propose-new" });
    if (households) grid.append(titled(`${code.slice(12)}: ${households[code]}`));
    map.append(grid);
  }
  for (const rings of Object.values(before)) map.append(node("path", { d: pathOf(rings, place), class: "propose-before" }));
  for (const [code, rings] of Object.entries(households ? after : {})) {
    const [x, y] = place(middle(rings[0]));
    const label = node("text", { x, y, class: "propose-label" });
    label.textContent = String(households[code]);
    map.append(label);
  }
  return map;
}

function node(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function titled(text) {
  const title = node("title", {});
  title.textContent = text;
  return title;
}

// Degrees to the drawing: north is up, and a degree to the east is shorter than one to the north.
function fitted(points) {
  const [west, east] = range(points.map(([x]) => x));
  const [south, north] = range(points.map(([, y]) => y));
  const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = Math.min((WIDE - 2 * EDGE) / ((east - west) * squeeze), (HIGH - 2 * EDGE) / (north - south));
  const left = (WIDE - (east - west) * squeeze * scale) / 2;
  const top = (HIGH - (north - south) * scale) / 2;
  return ([x, y]) => [left + (x - west) * squeeze * scale, top + (north - y) * scale];
}

function range(numbers) {
  return numbers.reduce(([least, most], one) => [Math.min(least, one), Math.max(most, one)], [Infinity, -Infinity]);
}

function pathOf(rings, place) {
  return rings.map((ring) => `M${ring.map((point) => place(point).map((one) => one.toFixed(1)).join(" ")).join("L")}Z`).join("");
}

// The middle of the widest stretch inside the ring, half way up: a label there lies inside.
function middle(ring) {
  const [south, north] = range(ring.map(([, y]) => y));
  const y = (south + north) / 2;
  const crossed = ring.slice(1).flatMap(([x2, y2], k) => {
    const [x1, y1] = ring[k];
    return (y1 > y) === (y2 > y) ? [] : [x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)];
  }).sort((one, other) => one - other);
  let best = [ring[0][0], ring[0][0]];
  for (let k = 0; k + 1 < crossed.length; k += 2) if (crossed[k + 1] - crossed[k] > best[1] - best[0]) best = [crossed[k], crossed[k + 1]];
  return [(best[0] + best[1]) / 2, y];
}
