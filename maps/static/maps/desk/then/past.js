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
    return rowsOf(changes.cameras.states).map((step) => ({ at: this.begin + step.after_ms, camera: step.camera, place: known.get(step.camera), to: step }));
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

  take({ at, event, camera, place, to }) {
    if (camera !== undefined) return this.cameras.set(camera, { ...place, state: known(to.state), reason: to.reason, since: Math.floor(at / 1000) });
    if (isOver(to.state)) return this.events.delete(event);
    const { state, kind, severity, level, close_due: due } = to;
    return this.events.set(event, { ...this.places.get(event), state, kind, severity, level, close_due: due });
  }

  // The moments of the changes before and after where it stands; null where there is none.
  get before() {
    for (let index = this.next - 1; index >= 0; index -= 1) if (this.steps[index].at < this.at) return this.steps[index].at;
    return null;
  }

  get after() {
    return this.steps[this.next]?.at ?? null;
  }

  eventFeatures() {
    return features(this.events.values(), (event) => ({ number: event.number, kind: event.kind, severity: event.severity, state: event.state, due: event.close_due * 1000 < this.at ? "late" : "green" }));
  }

  cameraFeatures() {
    return features(this.cameras.values(), (camera) => ({ name: camera.name, state: known(camera.state), since: camera.since ?? 0 }));
  }

  counts() {
    const cameras = Object.fromEntries(CAMERA_STATES.map((state) => [state, 0]));
    for (const { state } of this.cameras.values()) cameras[known(state)] += 1;
    return { events: this.events.size, cameras };
  }

  // How many were too many to be told, and are not on the map.
  get leftOut() {
    return (this.stood.events?.left_out ?? 0) + (this.stood.cameras?.left_out ?? 0);
  }
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
