// The wall opens: what can be seen at once, then the wall itself.

// First: the others measure type and take colours while they are read.
import "maps/display/screen";
import { drawFirst } from "maps/first";
import { kept } from "maps/kept";

const PATIENCE_MS = 1_500;

const config = JSON.parse(document.getElementById("wall-config").textContent);
const holder = document.getElementById("map");
// As high as the legend was the last time: what is in it, the wall finds out.
holder.dataset.covered = kept("wall-legend-px") ?? "";
const drawn = drawFirst(holder, config).catch((error) => console.warn(error));
await Promise.race([drawn, new Promise((late) => setTimeout(late, PATIENCE_MS))]);
await import("maps/wall");
// For whoever has to know that everything may be pressed.
document.body.dataset.open = "";
