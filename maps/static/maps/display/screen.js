// Sets the page up for its screen, before anything is drawn: size of type, tiles, theme.  Settings come
// from the address, else from what this browser has kept.

import { merged, read, seams, typeFor } from "maps/display/display";
import { keep, kept } from "maps/kept";

const KEPT = "wall-display";
const root = document.documentElement;

export const { settings, faults } = read(merged(kept(KEPT) ?? "", location.search));
export const isTiled = settings.columns * settings.rows > 1;

// The whole screen, which the picture's height is of; a window may be less.
export function whole() {
  return { width: screen.width, height: screen.height };
}

export function store(query) {
  keep(KEPT, query);
}

// Where tiles meet, in pixels of this page.
export function ownSeams() {
  return seams(settings, { width: innerWidth, height: innerHeight });
}

// Tells the style sheet how much of the first row of tiles lies above `main`: bar and banner come and go.
export function watchAbove(...above) {
  if (!isTiled) return;
  const tell = () => root.style.setProperty("--above", `${Math.max(...above.map((node) => node.getBoundingClientRect().bottom))}px`);
  const watcher = new ResizeObserver(tell);
  above.forEach((node) => watcher.observe(node));
  tell();
}

root.dataset.theme = settings.theme;
const { root_px: rootPx } = typeFor(settings, whole());
if (rootPx !== null) root.style.fontSize = `${rootPx}px`;
if (isTiled) {
  root.dataset.tiled = settings.rows > 1 ? "rows" : "row";
  root.style.setProperty("--columns", settings.columns);
  root.style.setProperty("--rows", settings.rows);
}
