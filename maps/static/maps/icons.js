// One icon a state, told apart by shape first and by colour second.  Drawn here, so that map, legend
// and list show the very same, and no picture has to be fetched.

import { drawOnDemand } from "events/icons";
import { known } from "maps/cameras";
import { color } from "maps/display/tokens";

const BOX = 24;
const MIDDLE = BOX / 2;

const SHAPES = {
  // A dot: there are many, and nothing is to be done about them.
  online(pen) {
    circle(pen, 5.5);
    outlined(pen, color("online"));
  },

  degraded(pen) {
    pen.beginPath();
    pen.moveTo(MIDDLE, 3);
    pen.lineTo(21.5, 20);
    pen.lineTo(2.5, 20);
    pen.closePath();
    outlined(pen, color("degraded"));
    stroke(pen, [[MIDDLE, 9], [MIDDLE, 13.5]], 2.2, color("bg"));
    stroke(pen, [[MIDDLE, 16.6], [MIDDLE, 16.8]], 2.2, color("bg"));
  },

  offline(pen) {
    pen.beginPath();
    pen.roundRect(2.5, 2.5, 19, 19, 4);
    outlined(pen, color("offline"));
    stroke(pen, [[7.5, 7.5], [16.5, 16.5]], 3, color("bg"));
    stroke(pen, [[16.5, 7.5], [7.5, 16.5]], 3, color("bg"));
  },

  // Hatched: nothing is known, so neither good nor bad.
  unknown(pen) {
    circle(pen, 8.5);
    outlined(pen, color("bg"));
    pen.save();
    circle(pen, 8);
    pen.clip();
    for (let x = -BOX; x < BOX; x += 4.4) stroke(pen, [[x, BOX], [x + BOX, 0]], 1.7, color("unknown"));
    pen.restore();
    circle(pen, 8);
    pen.lineWidth = 1.8;
    pen.strokeStyle = color("unknown");
    pen.stroke();
  },
};

function circle(pen, radius) {
  pen.beginPath();
  pen.arc(MIDDLE, MIDDLE, radius, 0, 2 * Math.PI);
}

function outlined(pen, fill) {
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = color("bg");
  pen.stroke();
  pen.fillStyle = fill;
  pen.fill();
}

function stroke(pen, [from, to], width, style) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.lineWidth = width;
  pen.lineCap = "round";
  pen.strokeStyle = style;
  pen.stroke();
}

// Small, and many of them are read: the graphics card would have to be waited for.
export function drawnIcon(state, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = BOX * scale;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.scale(scale, scale);
  SHAPES[known(state)](pen);
  return canvas;
}

// For maps: the icon of each state as `camera-<state>`.
export function addIcons(map, scale) {
  drawOnDemand(map, scale, (id) => (id.startsWith("camera-") ? drawnIcon(id.slice("camera-".length), scale) : null));
}

// For the page: the word always stands beside it, so readers of screens are not told twice.
export function icon(state) {
  const canvas = drawnIcon(state, 4);
  canvas.className = "icon";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
