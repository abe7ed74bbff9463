// The tracks of a shift's people, and where each of them was at a time.
//
// The server tells runs of points that are joined (maps/onduty/replay.py).  Only within a run places
// between two points are shown; after it the sign stays hollow where it was last, for a while, and is
// then gone: nobody knows where somebody was.

import { ask } from "maps/api";
import * as clock from "maps/clock";

const QUANTUM_DEG = 1e-5;
const LOST_S = 600;

export class Tracks {
  // url: of the patrols' addresses.
  constructor(url) {
    this.url = url;
    this.people = [];
  }

  // The shifts and areas of a day that can be played again.
  async choices(day) {
    return (await ask(`${this.url}/replay/choices/?day=${day}`)).body;
  }

  // Only the newest question is answered: of an older one comes null.
  async load({ day, shift, area }) {
    const question = (this.question = {});
    const { body } = await ask(`${this.url}/replay/?${new URLSearchParams({ day, shift, area })}`);
    if (this.question !== question) return null;
    this.begin = Date.parse(body.begins);
    this.end = Date.parse(body.ends);
    this.people = body.people.map((person) => ({ ...person, runs: person.runs.map((run) => unpacked(run, body.origin)) }));
    const tracked = this.people.filter(({ runs }) => runs.length);
    this.first = Math.min(...tracked.map(({ runs }) => runs[0].t[0]));
    this.tracked = tracked.length;
    this.words = told(body, tracked.length);
    return this;
  }

  forget() {
    this.question = null;
    this.people = [];
  }

  // Features at so many seconds after the beginning of the shift.
  at(seconds) {
    return this.people.map((person) => placed(person, seconds)).filter(Boolean);
  }
}

// What somebody wants to see who has not said so: of the shifts that have begun the one with the most people.
export function usual(shifts) {
  const begun = shifts.filter(({ begins }) => Date.parse(begins) <= clock.now());
  const [most] = (begun.length ? begun : shifts).toSorted((one, other) => other.duties - one.duties);
  return String(most?.id ?? "");
}

function told({ total, people, step_s: step }, tracked) {
  const parts = [interpolate(ngettext("%s person, %s with a track", "%s people, %s with a track", people.length), [people.length, tracked])];
  if (total > people.length) parts.push(interpolate(gettext("%s more are left out: choose a smaller area"), [total - people.length]));
  parts.push(interpolate(gettext("a point each %s s; hollow: not known where"), [Math.round(step)]));
  return parts.join(" · ");
}

export function unpacked(numbers, [west, south]) {
  const count = numbers.length / 3;
  const run = { t: new Float64Array(count), lon: new Float64Array(count), lat: new Float64Array(count) };
  let [t, x, y] = [0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    run.t[index] = t += numbers[3 * index];
    run.lon[index] = west + (x += numbers[3 * index + 1]) * QUANTUM_DEG;
    run.lat[index] = south + (y += numbers[3 * index + 2]) * QUANTUM_DEG;
  }
  return run;
}

// Where somebody was at a time, or null where nobody knows.
function placed(person, at) {
  const run = person.runs[lastFrom(person.runs, at, (one) => one.t[0])];
  if (!run) return null;
  const end = run.t.length - 1;
  if (at <= run.t[end]) return point(person, ...between(run, at), false);
  return at - run.t[end] <= LOST_S ? point(person, run.lon[end], run.lat[end], true) : null;
}

function between(run, at) {
  const before = lastFrom(run.t, at, (t) => t);
  const after = Math.min(before + 1, run.t.length - 1);
  const length = run.t[after] - run.t[before];
  const part = length > 0 ? (at - run.t[before]) / length : 0;
  return [run.lon, run.lat].map((axis) => axis[before] + (axis[after] - axis[before]) * part);
}

// The index of the last whose beginning is not after a time, -1 for none.
function lastFrom(list, at, beginning) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beginning(list[middle]) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function point({ duty, name, force }, lon, lat, lost) {
  return { type: "Feature", id: duty, geometry: { type: "Point", coordinates: [lon, lat] }, properties: { duty, name, force, lost } };
}
