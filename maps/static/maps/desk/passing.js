// What the filters let through, of now and of any moment of the past.  Pure.

export const CAMERA_FILTERS = ["camera_state", "camera_owner", "camera_team", "camera_priority"];
export const EVENT_FILTERS = ["event_kind", "event_severity", "event_state", "event_older_h"];
const HOUR_MS = 3_600_000;

// chosen: values by name of filter.  area: digits that the code of where it lies begins with, "" for any.
export function passes(camera, chosen, area = "") {
  return allows(chosen.camera_state, camera.state) && allows(chosen.camera_owner, camera.owner) && allows(chosen.camera_team, camera.team)
    && allows(chosen.camera_priority, camera.priority) && (camera.scope ?? "").startsWith(area);
}

// at: the moment (ms) that ages are counted back from.  reported_at: in seconds.
export function passesEvent({ kind, severity, state, reported_at: reported }, chosen, at) {
  const [hours] = chosen.event_older_h ?? [];
  return allows(chosen.event_kind, kind) && allows(chosen.event_severity, severity) && allows(chosen.event_state, state)
    && (!hours || reported * 1000 <= at - hours * HOUR_MS);
}

function allows(values, value) {
  return !values?.length || values.includes(value);
}

// Streets and communities out of pairs of code and name, in their order.
export function placesOf(divisions) {
  const isStreet = ([code]) => code.endsWith("000");
  return { streets: divisions.filter(isStreet), communities: divisions.filter((one) => !isStreet(one)) };
}

// The communities of a street; of none ("") those whose street is not among the streets: of whoever
// has some communities of it alone.
export function communitiesIn({ streets, communities }, street) {
  if (street) return communities.filter(([code]) => code.startsWith(street.slice(0, 9)));
  const whole = new Set(streets.map(([code]) => code.slice(0, 9)));
  return communities.filter(([code]) => !whole.has(code.slice(0, 9)));
}

// The street of a code, "" for one that is not among the streets.
export function streetOf({ streets }, code) {
  return streets.find(([street]) => code !== "" && street.slice(0, 9) === code.slice(0, 9))?.[0] ?? "";
}

// A street's code has twelve digits, of which those at the end are zeros.
export function prefixOf(code) {
  return code.length === 12 && code.endsWith("000") ? code.replace(/0+$/, "").padEnd(9, "0") : code;
}
