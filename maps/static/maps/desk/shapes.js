// Shapes as GeoJSON, as addresses, and out of files.  Pure.

export const MOST_SHAPES = 500;
const MOST_PLACES = 10_000;
const LONGEST_NAME = 60;
const KINDS = { Point: 0, LineString: 1, Polygon: 2 };
const DIGITS = 7;

export function collection(features) {
  return { type: "FeatureCollection", features };
}

export function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry };
}

// kind: point, line, polygon or box.  What is not finished yet is what can be drawn of it.
export function geometryOf(kind, places) {
  if (kind === "box" && places.length > 1) {
    const [[x1, y1], [x2, y2]] = places;
    return { type: "Polygon", coordinates: [[[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]]] };
  }
  if (kind === "polygon" && places.length > 2) return { type: "Polygon", coordinates: [[...places, places[0]]] };
  if (places.length > 1) return { type: "LineString", coordinates: places };
  return { type: "Point", coordinates: places[0] };
}

export function leastPlaces(kind) {
  return { point: 1, line: 2, polygon: 3, box: 2 }[kind];
}

// As the search takes it: a name and a value of the address.
export function asked({ type, coordinates }) {
  const told = (places) => places.map((place) => place.map((degree) => degree.toFixed(DIGITS)).join()).join(";");
  if (type === "Point") return ["point", told([coordinates])];
  if (type === "LineString") return ["line", told(coordinates)];
  return ["polygon", told(coordinates[0].slice(0, -1))];
}

// The shapes of a GeoJSON text; others' properties are left, but for a name.  Throws "json", "none", "kinds",
// "many" or "places".
export function readShapes(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error("json");
  }
  const found = Array.isArray(told?.features) ? told.features : told?.type === "Feature" ? [told] : [];
  const shapes = found.filter((one) => one?.geometry?.type in KINDS);
  if (shapes.length === 0) throw new Error("none");
  if (shapes.length !== found.length) throw new Error("kinds");
  if (shapes.length > MOST_SHAPES) throw new Error("many");
  return shapes.map(({ geometry: { type, coordinates }, properties }) => {
    if (!isShape(type, coordinates)) throw new Error("places");
    return feature({ type, coordinates }, { name: String(properties?.name ?? "").slice(0, LONGEST_NAME) });
  });
}

function isShape(type, coordinates) {
  if (type === "Point") return isPlace(coordinates);
  if (type === "LineString") return isLine(coordinates, 2);
  return Array.isArray(coordinates) && coordinates.length > 0 && coordinates.every((ring) => isLine(ring, 4));
}

function isLine(places, least) {
  return Array.isArray(places) && places.length >= least && places.length <= MOST_PLACES && places.every(isPlace);
}

function isPlace(place) {
  return Array.isArray(place) && place.length === 2 && place.every(Number.isFinite) && Math.abs(place[0]) <= 180 && Math.abs(place[1]) <= 85;
}

export function boxOf({ type, coordinates }) {
  const places = { Point: () => [coordinates], LineString: () => coordinates, Polygon: () => coordinates[0] }[type]();
  const [lons, lats] = [0, 1].map((axis) => places.map((place) => place[axis]));
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
