// How the wall is set up on its screen: what may be set, and how large type must be to be read from
// where people sit.  Pure: no DOM, nothing translated, so that it can be tested by itself.
//
// Settings are written as a query ("distance=5&height=137&tiles=3x2"): kept in the browser and given in
// the address of a kiosk alike.

// Type is read when capitals and digits are at least as high as this, seen from the farthest reader.
// Chinese characters fill more of their square and are then 20 minutes of arc.
export const LEAST_ARC_MIN = 16;
// The smallest type of the page, as --size-small in tokens.css; the map's too.
export const SMALLEST_REM = 0.875;
// How high capitals and digits stand, in parts of the type's size (Noto Sans CJK, Source Han Sans).
const CAPITAL = 0.733;
const CM_AN_INCH = 2.54;
const MM_A_M = 1_000;

// What one screen must hold: panel and map beside each other, or one panel in each tile.
const LEAST_REM = { whole: 56, tile: 30, high: 30 };

const NUMBERS = {
  distance: [0.3, 60],
  height: [5, 2_000],
  diagonal: [4, 1_000],
  turn: [5, 3_600],
  pause: [5, 3_600],
};
const MOST_TILES = 8;
const MOST_STREETS = 500;
export const THEMES = ["dark", "light"];
export const DEFAULTS = { distance: null, height: null, diagonal: null, columns: 1, rows: 1, theme: "dark", turn: null, pause: 60, streets: [] };
export const NAMES = [...Object.keys(NUMBERS), "tiles", "theme", "streets"];
export const LIMITS = NUMBERS;

// Reads settings from a query.  What cannot be read is named in `faults` and stays as it is by default.
export function read(query) {
  const settings = { ...DEFAULTS };
  const faults = [];
  for (const [name, text] of new URLSearchParams(query)) {
    if (!NAMES.includes(name) || text === "") continue;
    const found = understood(name, text);
    if (found === null) faults.push(name);
    else Object.assign(settings, found);
  }
  return { settings, faults };
}

function understood(name, text) {
  if (name in NUMBERS) {
    const [least, most] = NUMBERS[name];
    const number = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    return number >= least && number <= most ? { [name]: number } : null;
  }
  if (name === "theme") return THEMES.includes(text) ? { theme: text } : null;
  if (name === "tiles") {
    const [columns, rows] = (/^(\d)x(\d)$/.exec(text) ?? []).slice(1).map(Number);
    return within(columns) && within(rows) ? { columns, rows } : null;
  }
  const streets = text.split(",");
  const clean = streets.length <= MOST_STREETS && streets.every((code) => /^\d{9}(000)?$/.test(code));
  return clean ? { streets: [...new Set(streets.map((code) => code.slice(0, 9)))] } : null;
}

function within(count) {
  return count >= 1 && count <= MOST_TILES;
}

// The query of settings; what is as by default is left out.
export function written(settings) {
  const told = Object.keys(NUMBERS).filter((name) => settings[name] !== null && settings[name] !== DEFAULTS[name]);
  const query = new URLSearchParams(told.map((name) => [name, String(settings[name])]));
  if (settings.columns * settings.rows > 1) query.set("tiles", `${settings.columns}x${settings.rows}`);
  if (settings.theme !== DEFAULTS.theme) query.set("theme", settings.theme);
  if (settings.streets.length) query.set("streets", settings.streets.join(","));
  return query.toString().replaceAll("%2C", ",");
}

// What an address says of the display comes before what was kept, name by name; a height there
// also puts aside a diagonal that was kept.
export function merged(kept, address) {
  const query = new URLSearchParams(kept);
  const said = [...new URLSearchParams(address)].filter(([name]) => NAMES.includes(name));
  if (said.some(([name]) => name === "height" || name === "diagonal")) ["height", "diagonal"].forEach((name) => query.delete(name));
  for (const [name, text] of said) query.set(name, text);
  return query.toString();
}

// The height of the picture in cm; null where neither height nor diagonal is set.  screen: { width, height }.
export function heightOf(settings, screen) {
  if (settings.height !== null) return settings.height;
  if (settings.diagonal === null) return null;
  return (settings.diagonal * CM_AN_INCH * screen.height) / Math.hypot(screen.width, screen.height);
}

// Minutes of arc that something of this height covers, seen from so far away.
export function arcMinutes(height_mm, distance_m) {
  return ((2 * Math.atan(height_mm / 2 / (distance_m * MM_A_M))) / Math.PI) * 180 * 60;
}

// How high type must stand to cover `arc_min`, in mm.
export function heightFor(arc_min, distance_m) {
  return 2 * distance_m * MM_A_M * Math.tan((arc_min / 60 / 2 / 180) * Math.PI);
}

// The size of the page's type, for a picture of so many pixels (of CSS) across the whole screen.
// root_px: what to use, null where nothing is said of distance and height.  smallest_arc_min: how large
// the smallest type is then.  fits: false where the page would not hold type as large as is needed;
// from `nearest_m` on it would be read.
export function typeFor(settings, screen) {
  const height_cm = heightOf(settings, screen);
  if (settings.distance === null || height_cm === null) return { root_px: null, smallest_arc_min: null, fits: true, nearest_m: null };
  const mm_a_px = (height_cm * 10) / screen.height;
  const needed = heightFor(LEAST_ARC_MIN, settings.distance) / CAPITAL / SMALLEST_REM / mm_a_px;
  const most = mostRoot(settings, screen);
  const root_px = Math.min(Math.ceil(Math.max(needed, least(screen)) * 10) / 10, most);
  const smallest_mm = root_px * SMALLEST_REM * CAPITAL * mm_a_px;
  return {
    root_px,
    smallest_arc_min: arcMinutes(smallest_mm, settings.distance),
    fits: needed <= most,
    nearest_m: smallest_mm / 2 / MM_A_M / Math.tan((LEAST_ARC_MIN / 60 / 2 / 180) * Math.PI),
  };
}

// Nobody reads less than this, however near.
function least(screen) {
  return Math.min(15, mostRoot(DEFAULTS, screen));
}

function mostRoot({ columns, rows }, { width, height }) {
  const across = columns === 1 ? width / LEAST_REM.whole : width / columns / LEAST_REM.tile;
  return Math.floor(Math.min(across, height / rows / LEAST_REM.high) * 10) / 10;
}

// Where the edges of the tiles are, in pixels of a page of this size.
export function seams({ columns, rows }, { width, height }) {
  const cuts = (count, length) => Array.from({ length: count - 1 }, (_, index) => ((index + 1) * length) / count);
  return { x: cuts(columns, width), y: cuts(rows, height) };
}
