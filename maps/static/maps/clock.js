// The server's time.  A wall computer's clock may be an hour off; "since" must not be.

let offsetMs = 0;
let format = {};

export function now() {
  return Date.now() + offsetMs;
}

// Takes the time from a response's Date header (whole seconds, so half a second is added).
export function setFrom(response) {
  const told = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(told)) offsetMs = told + 500 - Date.now();
}

export function showIn(timeZone) {
  const lang = document.documentElement.lang;
  const make = (options) => new Intl.DateTimeFormat(lang, { timeZone, hourCycle: "h23", ...options });
  const time = { hour: "2-digit", minute: "2-digit" };
  format = {
    clock: make({ ...time, second: "2-digit" }),
    day: make({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date: make({ month: "numeric", day: "numeric", ...time }),
    weekday: make({ month: "long", day: "numeric", weekday: "short" }),
    time: make(time),
    shortDay: make({ weekday: "short" }),
    iso: new Intl.DateTimeFormat("sv", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }),
    stamp: new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" }),
    whole: make({ year: "numeric", month: "2-digit", day: "2-digit", ...time, second: "2-digit" }),
    exact: make({ month: "numeric", day: "numeric", ...time, second: "2-digit" }),
  };
}

export function clockText(at = now()) {
  return format.clock.format(at);
}

export function dayText(at = now()) {
  return format.weekday.format(at);
}

export function weekdayText(at) {
  return format.shortDay.format(at);
}

// The time of today, the date and time of any other day.
export function timeText(at) {
  const today = format.day.format(now()) === format.day.format(at);
  return (today ? format.time : format.date).format(at);
}

export function exactText(at) {
  return format.exact.format(at);
}

// A length of time in words, two units at most: 45 s, 3 min, 2 h 5 min, 4 d 3 h.
export function lengthText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return interpolate(gettext("%s s"), [seconds]);
  if (hours < 1) return interpolate(gettext("%s min"), [minutes]);
  if (hours < 24) return interpolate(gettext("%s h %s min"), [hours, minutes % 60]);
  return interpolate(gettext("%s d %s h"), [Math.floor(hours / 24), hours % 24]);
}

export function agoText(at) {
  return interpolate(gettext("%s ago"), [lengthText(now() - at)]);
}

// The day by the clock on the wall, as fields of forms have it: 2026-03-31.
export function isoDay(at = now()) {
  return format.iso.format(at);
}

// Date and time to the second, with the year: of what is not of these days.
export function wholeText(at) {
  return format.whole.format(at);
}

// The moment by the clock on the wall, as fields of forms have it: 2026-03-31T08:00.
export function isoMinute(at) {
  return format.stamp.format(at).replace(" ", "T").slice(0, 16);
}

// The moment (ms) at which the clock on the wall shows this: "2026-03-31" (its beginning), or
// "2026-03-31T08:00"; NaN of no time.  Of an hour that there is twice it is the later one.
export function instantOf(text) {
  const wanted = Date.parse(`${text.length > 10 ? text : `${text}T00:00`}Z`);
  if (Number.isNaN(wanted)) return NaN;
  const ahead = (at) => Date.parse(`${format.stamp.format(at).replace(" ", "T")}Z`) - at;
  return wanted - ahead(wanted - ahead(wanted));
}
