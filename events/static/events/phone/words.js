// Times and states in words.

const RED_SHARE = 3;

export function clock(at) {
  const moment = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  return `${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

// The time of a day, with the day where it is another one.
export function moment(at) {
  const told = clock(at);
  return told.slice(0, 5) === clock(Date.now()).slice(0, 5) ? told.slice(6) : told;
}

// How long until a moment, or since: "2 h 5 min".
export function span(ms) {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000));
  if (minutes < 60) return interpolate(gettext("%s min"), [minutes]);
  if (minutes < 48 * 60) return interpolate(gettext("%s h"), [Math.round(minutes / 60)]);
  return interpolate(gettext("%s days"), [Math.round(minutes / 1440)]);
}

export function due(at, now = Date.now()) {
  const left = new Date(at).getTime() - now;
  return interpolate(left < 0 ? gettext("overdue by %s") : gettext("%s left"), [span(left)]);
}

// As events/deadlines.py has it, by the phone's clock: a list without signal grows old.
export function colour({ amber_at, due: at }, now = Date.now()) {
  const [amber, end] = [amber_at, at].map((one) => new Date(one).getTime());
  if (now > end) return "late";
  if (now >= end - Math.max(0, end - amber) / RED_SHARE) return "red";
  return now >= amber ? "amber" : "green";
}

export function accuracy(metres) {
  return interpolate(gettext("accurate to %s m"), [Math.max(1, Math.round(metres))]);
}

// Roughly, as people say it.
export function distance(metres) {
  if (metres < 950) return interpolate(gettext("%s m"), [Math.max(10, Math.round(metres / 10) * 10)]);
  return interpolate(gettext("%s km"), [metres < 9_500 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000)]);
}

// A random id also where the page is no secure context and crypto.randomUUID is not there.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
