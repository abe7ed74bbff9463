// What stood on the map at any moment of a day, from what stood at its beginning and what changed
// after it (maps/then/views.py).  Nothing is guessed between: a state holds until the next one.

const CAMERA_STATES = ["offline", "degraded", "unknown", "online"];

// Rows of columns as objects.
export function rowsOf({ columns, rows }) {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
}

export class Past {
  // stood: of the moment `begin` (ms).  changes: after it, null for a moment alone.
  constructor(stood, changes = null) {
    this.begin = Date.parse(stood.at);
    this.end = changes ? Date.parse(changes.to) : this.begin;
    this.stood = stood;
    this.places = new Map();
    this.steps = [...this.eventSteps(changes), ...this.cameraSteps(changes)].toSorted((one, other) => one.at - other.at);
    this.rewind();
  }

  eventSteps(changes) {
    if (!changes?.events) return [];
    for (const event of rowsOf(changes.events.events)) this.places.set(event.id, event);
    return rowsOf(changes.events.steps).map((step) => ({ at: this.begin + step.after_ms, event: step.event, to: step }));
  }

  cameraSteps(changes) {
    if (!changes?.cameras) return [];
    const known = new Map(rowsOf(changes.cameras.cameras).map((camera) => [camera.id, camera]));
    const states = rowsOf(changes.cameras.states).map((step) => ({ at: this.begin + step.after_ms, camera: step.camera, place: known.get(step.camera), to: step }));
    // Whose a camera is from then on; one that is entered in this moment is there by its state.
    return [...states, ...rowsOf(changes.cameras.records).map((record) => ({ at: this.begin + record.after_ms, camera: record.camera, record }))];
  }

  rewind() {
    this.next = 0;
    this.at = this.begin;
    this.events = new Map(this.stood.events ? rowsOf(this.stood.events).map((event) => [event.id, event]) : []);
    this.cameras = new Map(this.stood.cameras ? rowsOf(this.stood.cameras).map((camera) => [camera.id, camera]) : []);
  }

  // Goes to a moment; whether anything is different from the moment before.
  seek(at) {
    let changed = false;
    if (at < this.at) {
      this.rewind();
      changed = true;
    }
    for (; this.next < this.steps.length && this.steps[this.next].at <= at; this.next += 1) {
      this.take(this.steps[this.next]);
      changed = true;
    }
    this.at = at;
    return changed;
  }

  take({ at, event, camera, place, record, to }) {
    if (record) return this.takeRecord(record);
    if (camera !== undefined) return this.cameras.set(camera, { ...this.cameras.get(camera), ...place, state: known(to.state), reason: to.reason, since: Math.floor(at / 1000) });
    if (isOver(to.state)) return this.events.delete(event);
    const { state, kind, severity, level, close_due: due } = to;
    return this.events.set(event, { ...this.places.get(event), state, kind, severity, level, close_due: due });
  }

  takeRecord({ camera, owner, team, priority }) {
    if (this.cameras.has(camera)) this.cameras.set(camera, { ...this.cameras.get(camera), owner, team, priority });
  }

  // The moments of the changes before and after where it stands; null where there is none.
  get before() {
    for (let index = this.next - 1; index >= 0; index -= 1) if (this.steps[index].at < this.at) return this.steps[index].at;
    return null;
  }

  get after() {
    return this.steps[this.next]?.at ?? null;
  }

  // Those that pass: camera(one) and event(one, moment), null where nothing is filtered.
  camerasThat({ camera = null } = {}) {
    const all = [...this.cameras.values()];
    return camera ? all.filter(camera) : all;
  }

  eventsThat({ event = null } = {}) {
    const all = [...this.events.values()];
    return event ? all.filter((one) => event(one, this.at)) : all;
  }

  eventFeatures(narrowed) {
    return features(this.eventsThat(narrowed), (event) => ({ number: event.number, kind: event.kind, severity: event.severity, state: event.state, due: event.close_due * 1000 < this.at ? "late" : "green" }));
  }

  cameraFeatures(narrowed) {
    return features(this.camerasThat(narrowed), (camera) => ({ name: camera.name, state: known(camera.state), since: camera.since ?? 0 }));
  }

  counts(narrowed) {
    const cameras = Object.fromEntries(CAMERA_STATES.map((state) => [state, 0]));
    const severities = {};
    const [shown, open] = [this.camerasThat(narrowed), this.eventsThat(narrowed)];
    for (const { state } of shown) cameras[known(state)] += 1;
    for (const { severity } of open) severities[severity] = (severities[severity] ?? 0) + 1;
    return { events: open.length, severities, cameras, all: shown.length };
  }

  // How many were too many to be told, and are not on the map.
  get leftOut() {
    return (this.stood.events?.left_out ?? 0) + (this.stood.cameras?.left_out ?? 0);
  }
}

// What came, what is gone, and what was there both times as pairs, of all that passed at either
// moment: a camera that fell passes "offline" only afterwards.  old, young: all by id.
export function movesOf(old, young, oldShown, youngShown) {
  const shown = new Set([...oldShown, ...youngShown].map(({ id }) => id));
  return {
    came: youngShown.filter(({ id }) => !old.has(id)),
    gone: oldShown.filter(({ id }) => !young.has(id)),
    both: [...shown].filter((id) => old.has(id) && young.has(id)).map((id) => [old.get(id), young.get(id)]),
  };
}

// A state this page has no word for is unknown; never better.
function known(state) {
  return CAMERA_STATES.includes(state) ? state : "unknown";
}

function isOver(state) {
  return ["closed", "refused", "merged", "withdrawn"].includes(state);
}

function features(things, properties) {
  return {
    type: "FeatureCollection",
    features: [...things].map((thing) => ({
      type: "Feature",
      id: thing.id,
      geometry: { type: "Point", coordinates: [thing.lon, thing.lat] },
      properties: { id: thing.id, ...properties(thing) },
    })),
  };
}
