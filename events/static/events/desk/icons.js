// One sign an event: its shape says how severe it is, the character in it its kind, its colour how near
// the deadline is.  Drawn here, so that list, map and wall show the very same and no picture is fetched.

import { color } from "maps/display/tokens";

const BOX = 28;
const MIDDLE = BOX / 2;
export const SEVERITIES = ["minor", "major", "urgent", "difficult"];
export const KINDS = ["safety", "opinion", "service", "emergency"];
export const DUES = ["late", "red", "amber", "green", "over"];
const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const COLOURS = { late: "offline", red: "offline", amber: "degraded", green: "accent", over: "unknown" };

export function severityText(severity) {
  return {
    minor: pgettext("severity", "Minor"),
    major: pgettext("severity", "Major"),
    urgent: pgettext("severity", "Urgent"),
    difficult: pgettext("severity", "Difficult"),
  }[severity] ?? severity;
}

export function kindText(kind) {
  return {
    safety: gettext("Public safety"),
    opinion: gettext("Public opinion"),
    service: gettext("Public service"),
    emergency: gettext("Emergency"),
  }[kind] ?? kind;
}

export function dueText(due) {
  return {
    late: pgettext("deadline of an event", "Overdue"),
    red: pgettext("deadline of an event", "About to run out"),
    amber: pgettext("deadline of an event", "Due soon"),
    green: pgettext("deadline of an event", "In time"),
    over: pgettext("deadline of an event", "Over"),
  }[due] ?? due;
}

// One character that stands for a kind.
function letter(kind) {
  return {
    safety: pgettext("one character for a kind of event", "S"),
    opinion: pgettext("one character for a kind of event", "O"),
    service: pgettext("one character for a kind of event", "V"),
    emergency: pgettext("one character for a kind of event", "E"),
  }[kind] ?? "";
}

const SHAPES = {
  minor: (pen) => pen.arc(MIDDLE, MIDDLE, 9.5, 0, 2 * Math.PI),
  major: (pen) => polygon(pen, [[MIDDLE, 2], [26, 24.5], [2, 24.5]]),
  urgent: (pen) => polygon(pen, [[MIDDLE, 0.8], [27.2, MIDDLE], [MIDDLE, 27.2], [0.8, MIDDLE]]),
  difficult: (pen) => pen.roundRect(3.5, 3.5, 21, 21, 3),
};
// Where the character stands in a triangle is lower than its middle.
const LETTER_Y = { major: 18 };

function polygon(pen, points) {
  pen.moveTo(...points[0]);
  for (const point of points.slice(1)) pen.lineTo(...point);
  pen.closePath();
}

// Small, and many of them are read: the graphics card would have to be waited for.
function drawn({ severity, kind, due }, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = BOX * scale;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.scale(scale, scale);
  pen.beginPath();
  (SHAPES[severity] ?? SHAPES.minor)(pen);
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = color("bg");
  pen.stroke();
  pen.fillStyle = due === "over" ? color("bg") : color(COLOURS[due] ?? "unknown");
  pen.fill();
  if (due === "over" || due === "late") {
    // What is over is hollow; what is late has a white edge, so that it differs from what is near.
    pen.lineWidth = 1.8;
    pen.strokeStyle = due === "over" ? color("unknown") : color("text");
    pen.stroke();
  }
  pen.fillStyle = due === "over" ? color("unknown") : color("bg");
  pen.font = `700 ${severity === "major" ? 10 : 12}px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter(kind), MIDDLE, LETTER_Y[severity] ?? MIDDLE + 0.5);
  return canvas;
}

export function signName({ severity, kind, due }) {
  return `event-${severity}-${kind}-${due}`;
}

// Pictures of a map, each drawn when the map first wants it: to draw all ahead would keep it waiting.
// To be said before the map has loaded.  draw(id): a canvas at `scale` device pixels per unit, or
// null of a picture that is somebody else's.
export function drawOnDemand(map, scale, draw) {
  const ways = WAYS.get(map) ?? [];
  if (ways.length === 0) WAYS.set(map, ways);
  ways.push((id) => {
    const canvas = draw(id);
    if (canvas) map.addImage(id, canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: scale });
  });
  map.setMissingStyleImageResolver((id) => ways.forEach((way) => map.hasImage(id) || way(id)));
}

const WAYS = new WeakMap();

// For maps: every sign under its name.
export function addSigns(map, scale = 3) {
  drawOnDemand(map, scale, (id) => {
    const [mark, severity, kind, due] = id.split("-");
    return mark === "event" ? drawn({ severity, kind, due }, scale) : null;
  });
}

// The name of a feature's sign, as an expression of the map's style.
export const SIGN = ["concat", "event-", ["get", "severity"], "-", ["get", "kind"], "-", ["get", "due"]];
// The worst on top.
export const RANK = [
  "+",
  ["match", ["get", "severity"], "urgent", 30, "difficult", 20, "major", 10, 0],
  ["match", ["get", "due"], "late", 4, "red", 3, "amber", 2, "green", 1, 0],
];

// For pages: the words always stand beside it, so readers of screens are not told twice.
export function sign(what) {
  const canvas = drawn(what, 3);
  canvas.className = "event-icon";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

export function legend(list) {
  const entries = [
    ...SEVERITIES.map((severity) => [{ severity, kind: "", due: "green" }, severityText(severity)]),
    ...KINDS.map((kind) => [{ severity: "minor", kind, due: "green" }, kindText(kind)]),
    ...DUES.map((due) => [{ severity: "minor", kind: "", due }, dueText(due)]),
  ];
  list.replaceChildren(...entries.map(([what, text]) => {
    const item = document.createElement("li");
    item.append(sign(what), text);
    return item;
  }));
}
