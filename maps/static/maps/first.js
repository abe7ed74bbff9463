// The first picture of a map, in two steps.
//
// A map of tiles needs a second to begin with and draws one picture for each thing that arrives; a
// computer without a graphics card takes a third of a second for each.  So borders and cameras are
// drawn on a sheet at once, which lies over the map until the map has drawn them itself.
//
// And the map's own pictures are held back until all that belongs to the first is there; without a
// graphics card it has half as many pixels a side, until there is nothing to do.

import { ask } from "maps/api";
import { STATES } from "maps/cameras";
import { color, UNIT } from "maps/display/tokens";
import { drawnIcon } from "maps/icons";

const PADDING_PX = 24;
// As `maps/style` draws it.
const EACH_CAMERA_FROM = 11;
const AROUND_M = 2 * Math.PI * 6_378_137;
const TILE_PX = 512;
const LINES = [["grid", 0.7], ["community", 0.9], ["street", 1.5], ["district", 2.1]];

// A server that does not answer must not keep back what has come.
const PATIENCE_MS = 2_500;
// What never comes to rest is drawn sharply all the same.
const COARSE_MS = 5_000;
const COARSE = 0.5;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;

// ---- The sheet -----------------------------------------------------------------------------------

// Resolves when it is on the screen; what cannot be had is left to the map.
export async function drawFirst(holder, { extent, sees_cameras: seesCameras, urls }) {
  if (extent === null) return;
  const [outline, points] = await Promise.all([
    ask(urls.outline),
    seesCameras ? ask(urls.first_cameras) : null,
  ]);
  // The map has not waited for it.
  if (outline.body.box === null || holder.map) return;
  const { width, height } = holder.getBoundingClientRect();
  const sheet = document.createElement("canvas");
  sheet.className = "first";
  sheet.width = width * devicePixelRatio;
  sheet.height = height * devicePixelRatio;
  const pen = sheet.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  const place = fitted(outline.body.box, { width, height, room: roomAround(holder) });
  drawBorders(pen, outline.body, place, { width, height });
  if (points?.body.complete) drawCameras(pen, points.body.features, place);
  holder.append(sheet);
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  performance.mark("first-picture");
}

export function endFirst(holder) {
  holder.querySelector("canvas.first")?.remove();
}

// Around the whole territory, which is fitted above what lies over the map's lower edge.
export function roomAround(holder) {
  const px = PADDING_PX;
  return { top: px, left: px, right: px, bottom: px + (Number(holder.dataset.covered) || 0) };
}

// Where a place in metres of Web Mercator lies on the sheet: as MapLibre fits bounds into a room.
function fitted([west, south, east, north], { width, height, room }) {
  const [wide, high] = [width - room.left - room.right, height - room.top - room.bottom];
  const perM = Math.min(wide / (east - west), high / (north - south));
  return {
    perM,
    zoom: Math.log2((perM * AROUND_M) / TILE_PX),
    x: (metres) => room.left + wide / 2 + (metres - (west + east) / 2) * perM,
    y: (metres) => room.top + high / 2 - (metres - (south + north) / 2) * perM,
  };
}

function drawBorders(pen, { box: [west, , , north], per_m: perM, paths }, place, { width, height }) {
  pen.fillStyle = color("map-outside");
  pen.fillRect(0, 0, width, height);
  pen.save();
  pen.translate(place.x(west), place.y(north));
  pen.scale(place.perM / perM, place.perM / perM);
  pen.lineJoin = "round";
  const ground = paths.street ?? paths.community ?? paths.grid;
  pen.fillStyle = color("map-inside");
  if (ground) pen.fill(new Path2D(ground), "evenodd");
  for (const [level, px] of LINES) {
    if (!paths[level] || (level === "grid" && place.zoom < EACH_CAMERA_FROM)) continue;
    pen.lineWidth = (px * UNIT * perM) / place.perM;
    pen.strokeStyle = color(`map-${level}`);
    pen.stroke(new Path2D(paths[level]));
  }
  pen.restore();
}

// The worst on top.  From further away they stand together, with numbers, which the map draws.
function drawCameras(pen, features, place) {
  if (place.zoom < EACH_CAMERA_FROM) return;
  for (const state of STATES.toReversed()) {
    const sign = drawnIcon(state, 3);
    const size = 24 * UNIT * (state === "online" ? 0.48 : 0.65);
    for (const { geometry, properties } of features) {
      if (properties.state !== state) continue;
      const [lon, lat] = geometry.coordinates;
      const x = place.x((lon / 360) * AROUND_M);
      const y = place.y((Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * AROUND_M);
      pen.drawImage(sign, x - size / 2, y - size / 2, size, size);
    }
  }
}

// ---- The map's own -------------------------------------------------------------------------------

// sources: what belongs to it.  isThere(): whether the rest has arrived, asked whenever the map would draw.
export function holdFirst(map, sources, isThere) {
  const draw = map.triggerRepaint.bind(map);
  let hasAsked = false;
  let isHeld = true;
  const hasAll = () => isThere() && sources.every((name) => map.isSourceLoaded(name));
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    clearTimeout(late);
    delete map.triggerRepaint;
    const uncover = () => {
      if (!hasAll()) return;
      map.off("render", uncover);
      requestAnimationFrame(() => endFirst(map.getContainer()));
    };
    map.on("render", uncover);
    draw();
  };
  // Whoever moves the map wants to see where to.
  map.on("movestart", ({ isWhole }) => {
    if (isWhole || !isHeld) return;
    endFirst(map.getContainer());
    release();
  });
  const late = setTimeout(release, PATIENCE_MS);
  map.triggerRepaint = () => {
    if (!hasAsked && sources.every((name) => map.getSource(name)?.loaded())) {
      // Drawing is what asks for tiles.
      hasAsked = true;
      draw();
    } else if (hasAsked && hasAll()) release();
  };
  if (isSoftware(map)) drawCoarsely(map);
}

function drawCoarsely(map) {
  map.setPixelRatio(COARSE * devicePixelRatio);
  let isCoarse = true;
  // A change of size ends a gesture, so not while somebody moves the map.
  const sharpen = () => {
    if (!isCoarse) return;
    if (map.isMoving()) return map.once("moveend", () => setTimeout(sharpen));
    isCoarse = false;
    map.setPixelRatio(undefined); // as the screen has it, from now on
  };
  map.once("idle", sharpen);
  setTimeout(sharpen, COARSE_MS);
}

function isSoftware(map) {
  const gl = map.getCanvas().getContext("webgl2");
  const named = gl?.getExtension("WEBGL_debug_renderer_info");
  return SOFTWARE.test(String(gl?.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}
