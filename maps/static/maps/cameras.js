// The cameras this page knows of: what the server said, kept up to date change by change.

export const STATES = ["offline", "degraded", "unknown", "online"];

export class Cameras {
  constructor() {
    this.byId = new Map();
    this.changed = new Set();
  }

  // Takes over a GeoJSON collection of all cameras.
  replace(collection) {
    this.changed.clear();
    this.byId = new Map(
      collection.features.map(({ geometry, properties }) => [
        String(properties.id),
        { ...properties, lon: geometry.coordinates[0], lat: geometry.coordinates[1] },
      ]),
    );
  }

  // Takes over one change of the feed, also of a camera that was not there before.
  apply({ subject, data }) {
    const before = this.byId.get(subject) ?? { id: Number(subject) };
    this.byId.set(subject, { ...before, ...data });
    this.changed.add(subject);
  }

  // Those that have changed since this was asked last; whoever draws them draws no others anew.
  takeChanged() {
    const taken = [...this.changed].map((id) => feature(this.byId.get(id)));
    this.changed.clear();
    return taken;
  }

  get(id) {
    return this.byId.get(String(id));
  }

  // passes(camera): whether it is among them.
  features(passes = () => true) {
    return {
      type: "FeatureCollection",
      features: [...this.byId.values()].filter(passes).map(feature),
    };
  }
}

function feature(camera) {
  return {
    type: "Feature",
    id: camera.id,
    geometry: { type: "Point", coordinates: [camera.lon, camera.lat] },
    properties: { id: camera.id, name: camera.name, state: known(camera.state) },
  };
}

// How many features there are, and of which state.
export function countsOf(features) {
  const states = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const { properties } of features) states[properties.state] += 1;
  return { all: features.length, states };
}

// A state this page has no word for is unknown; never better.
export function known(state) {
  return STATES.includes(state) ? state : "unknown";
}

export function stateText(state) {
  return {
    online: gettext("Online"),
    degraded: gettext("Degraded"),
    offline: gettext("Offline"),
    unknown: gettext("Unknown"),
  }[known(state)];
}
