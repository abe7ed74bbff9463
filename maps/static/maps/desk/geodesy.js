// Lengths and areas on the ellipsoid of WGS84.  Pure: places in, metres out.
//
// Places are [longitude, latitude] in degrees.

const A = 6_378_137; // half the axis through the equator, m
const F = 1 / 298.257223563; // the flattening
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;
const CLOSE = 1e-12;
const MOST_STEPS = 200;

// Metres along the geodesic (T. Vincenty, Survey Review 176, 1975, inverse formula): within 0.5 mm.
// NaN for two places almost opposite each other, where it does not settle.
export function distanceM([lon1, lat1], [lon2, lat2]) {
  if (lon1 === lon2 && lat1 === lat2) return 0;
  const reduced = (lat) => Math.atan((1 - F) * Math.tan(lat * RAD));
  const [sinU1, cosU1] = sinCos(reduced(lat1));
  const [sinU2, cosU2] = sinCos(reduced(lat2));
  const across = (lon2 - lon1) * RAD;
  let lambda = across;
  for (let step = 0; step < MOST_STEPS; step++) {
    const [sinL, cosL] = sinCos(lambda);
    const sinS = Math.hypot(cosU2 * sinL, cosU1 * sinU2 - sinU1 * cosU2 * cosL);
    const cosS = sinU1 * sinU2 + cosU1 * cosU2 * cosL;
    const sigma = Math.atan2(sinS, cosS);
    const sinAlpha = (cosU1 * cosU2 * sinL) / sinS;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const cos2M = cos2Alpha ? cosS - (2 * sinU1 * sinU2) / cos2Alpha : 0; // 0 along the equator
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = across + (1 - c) * F * sinAlpha * (sigma + c * sinS * (cos2M + c * cosS * (2 * cos2M ** 2 - 1)));
    if (Math.abs(lambda - before) < CLOSE) return metres(cos2Alpha, sigma, sinS, cosS, cos2M);
  }
  return NaN;
}

function metres(cos2Alpha, sigma, sinS, cosS, cos2M) {
  const u2 = (cos2Alpha * (A * A - B * B)) / (B * B);
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
  const more = (b / 6) * cos2M * (4 * sinS ** 2 - 3) * (4 * cos2M ** 2 - 3);
  return B * a * (sigma - b * sinS * (cos2M + (b / 4) * (cosS * (2 * cos2M ** 2 - 1) - more)));
}

// Metres along all places.
export function lengthM(places) {
  return places.slice(1).reduce((sum, place, index) => sum + distanceM(places[index], place), 0);
}

// Square metres inside a ring, whichever way it goes round; its last place may repeat the first.
// Summed on the sphere of the same area (authalic latitudes; Snyder, USGS 1395, 3-11 to 3-18), each side
// a great circle there: within 0.0001 % of the geodesic area for sides up to some tens of kilometres.
export function areaM2(ring) {
  const sides = ring.map((place, index) => [place, ring[(index + 1) % ring.length]]);
  const excess = sides.reduce((sum, [[lon1, lat1], [lon2, lat2]]) => {
    const [t1, t2] = [lat1, lat2].map((lat) => Math.tan(authalic(lat) / 2));
    const across = turned(lon2 - lon1) * RAD;
    return sum + 2 * Math.atan2(Math.tan(across / 2) * (t1 + t2), 1 + t1 * t2);
  }, 0);
  return Math.abs(excess) * RADIUS2;
}

// The shorter way round.
function turned(degrees) {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

function q(sin) {
  return (1 - E2) * (sin / (1 - E2 * sin * sin) - Math.log((1 - E * sin) / (1 + E * sin)) / (2 * E));
}

const POLE = q(1);
const RADIUS2 = (A * A * POLE) / 2;

function authalic(lat) {
  return Math.asin(Math.max(-1, Math.min(1, q(Math.sin(lat * RAD)) / POLE)));
}

function sinCos(angle) {
  return [Math.sin(angle), Math.cos(angle)];
}
