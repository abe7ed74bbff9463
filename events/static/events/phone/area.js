// How far outside one's own area a place lies, as far as the phone knows: by an outline that the server
// has made simpler.  Whether it does lie outside is for the server to say.

const METRES = 111_195; // a degree of the meridian, on a sphere of 6,371,009 m

// area: { polygons: GeoJSON's MultiPolygon, off_m } or nothing; place: { lon, lat, accuracy_m }.  0 where it
// may lie inside.
export function metresOutside(area, { lon, lat, accuracy_m }) {
  if (!area?.polygons) return 0;
  const east = Math.cos((lat * Math.PI) / 180) * METRES;
  const around = ([x, y]) => [(x - lon) * east, (y - lat) * METRES];
  let nearest = Infinity;
  for (const polygon of area.polygons) {
    let inside = false;
    for (const ring of polygon) {
      const points = ring.map(around);
      for (let i = 1; i < points.length; i += 1) {
        if (passes(points[i - 1], points[i])) inside = !inside;
        nearest = Math.min(nearest, reach(points[i - 1], points[i]));
      }
    }
    if (inside) return 0;
  }
  // The outline may be off by so much, to both sides, and the position by its accuracy.
  return nearest > 2 * area.off_m + (accuracy_m ?? 0) ? nearest : 0;
}

// Whether a ray from here, which is 0,0, to the east meets an edge.
function passes([ax, ay], [bx, by]) {
  return ay > 0 !== by > 0 && (ax * by - ay * bx) / (by - ay) > 0;
}

// From here to the nearest place on an edge.
function reach([ax, ay], [bx, by]) {
  const [x, y] = [bx - ax, by - ay];
  const share = Math.min(1, Math.max(0, -(ax * x + ay * y) / (x * x + y * y || 1)));
  return Math.hypot(ax + share * x, ay + share * y);
}
