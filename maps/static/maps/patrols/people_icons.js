// One sign a force, told apart by shape, colour and one character; hollow once nothing has been heard
// for long.  Drawn here, so that map, legend and list show the very same.

import { drawOnDemand } from "events/icons";
import { color } from "maps/display/tokens";

const BOX = 28;
const MIDDLE = BOX / 2;
const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
export const FORCES = ["grid_worker", "police_auxiliary", "security_guard", "volunteer", "taxi_volunteer", "courier_volunteer"];

function colour(force) {
  return color(FORCES.includes(force) ? `force-${force.replaceAll("_", "-")}` : "unknown");
}

export function forceText(force) {
  return {
    grid_worker: gettext("Grid workers"),
    police_auxiliary: gettext("Police auxiliaries"),
    security_guard: gettext("Security guards"),
    volunteer: gettext("Volunteers"),
    taxi_volunteer: gettext("Taxi volunteers"),
    courier_volunteer: gettext("Courier volunteers"),
  }[force] ?? force;
}

// One character that stands for a force.
function letter(force) {
  return {
    grid_worker: pgettext("one character for a force", "G"),
    police_auxiliary: pgettext("one character for a force", "P"),
    security_guard: pgettext("one character for a force", "S"),
    volunteer: pgettext("one character for a force", "V"),
    taxi_volunteer: pgettext("one character for a force", "T"),
    courier_volunteer: pgettext("one character for a force", "C"),
  }[force] ?? "";
}

const SHAPES = {
  grid_worker: (pen) => pen.arc(MIDDLE, MIDDLE, 9.5, 0, 2 * Math.PI),
  // A shield.
  police_auxiliary: (pen) => {
    pen.moveTo(4.5, 5);
    pen.lineTo(23.5, 5);
    pen.lineTo(23.5, 14);
    pen.quadraticCurveTo(23.5, 21, MIDDLE, 25);
    pen.quadraticCurveTo(4.5, 21, 4.5, 14);
    pen.closePath();
  },
  security_guard: (pen) => pen.roundRect(4.5, 4.5, 19, 19, 3),
  volunteer: (pen) => polygon(pen, 5),
  taxi_volunteer: (pen) => polygon(pen, 6),
  courier_volunteer: (pen) => polygon(pen, 4),
};

function polygon(pen, corners) {
  for (let corner = 0; corner < corners; corner += 1) {
    const turn = (corner / corners) * 2 * Math.PI - Math.PI / 2;
    pen.lineTo(MIDDLE + 11.5 * Math.cos(turn), MIDDLE + 11.5 * Math.sin(turn));
  }
  pen.closePath();
}

// Small, and many of them are read: the graphics card would have to be waited for.
function canvas(scale) {
  const made = document.createElement("canvas");
  made.width = made.height = BOX * scale;
  const pen = made.getContext("2d", { willReadFrequently: true });
  pen.scale(scale, scale);
  return [made, pen];
}

function drawn(force, hollow, scale) {
  const [made, pen] = canvas(scale);
  const fill = colour(force);
  pen.beginPath();
  (SHAPES[force] ?? SHAPES.grid_worker)(pen);
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = color("bg");
  pen.stroke();
  pen.fillStyle = hollow ? color("bg") : fill;
  pen.fill();
  if (hollow) {
    pen.lineWidth = 1.8;
    pen.setLineDash([3, 2]);
    pen.strokeStyle = fill;
    pen.stroke();
  }
  pen.fillStyle = hollow ? fill : color("bg");
  pen.font = `700 11px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter(force), MIDDLE, MIDDLE + 0.5);
  return made;
}

// Points north; the map turns it to where somebody is going.
function arrow(scale) {
  const [made, pen] = canvas(scale);
  pen.beginPath();
  pen.moveTo(MIDDLE, 0.5);
  pen.lineTo(MIDDLE + 5.5, 6.5);
  pen.lineTo(MIDDLE - 5.5, 6.5);
  pen.closePath();
  pen.lineWidth = 2.5;
  pen.lineJoin = "round";
  pen.strokeStyle = color("bg");
  pen.stroke();
  pen.fillStyle = color("text");
  pen.fill();
  return made;
}

// Points east, as symbols along a line do.
function chevron(scale) {
  const [made, pen] = canvas(scale);
  pen.lineWidth = 3.2;
  pen.lineJoin = pen.lineCap = "round";
  pen.strokeStyle = color("text");
  pen.moveTo(10, 7);
  pen.lineTo(18, MIDDLE);
  pen.lineTo(10, 21);
  pen.stroke();
  return made;
}

export function addPeople(map, scale = 3) {
  const others = { "person-arrow": arrow, "track-chevron": chevron };
  drawOnDemand(map, scale, (id) => {
    if (id in others) return others[id](scale);
    const [mark, force, how] = id.split("-");
    return mark === "person" ? drawn(force, how === "hollow", scale) : null;
  });
}

// For the page: the words always stand beside it, so readers of screens are not told twice.
export function personIcon(force, hollow = false) {
  const made = drawn(force, hollow, 3);
  made.className = "event-icon";
  made.setAttribute("aria-hidden", "true");
  return made;
}
