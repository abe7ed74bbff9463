// Which grids a drawn line is about, and small questions of the kind.  No server: what is guessed here is
// only what a form begins with.

import { ol } from "plans/ol";

const SAMPLES = 120;
const SAME_M = 1e-4; // of the map's metres: far less than a digit of what is stored
const BESIDE_M = 0.1;

export function isClose(one, other) {
  return Math.abs(one[0] - other[0]) < SAME_M && Math.abs(one[1] - other[1]) < SAME_M;
}

// The features that a line or the border of a polygon runs through, the longest way first.
export function along(geometry, features) {
  const line = geometry.getType() === "Polygon" ? new ol.geom.LineString(geometry.getLinearRing(0).getCoordinates()) : geometry;
  const places = Array.from({ length: SAMPLES }, (_, k) => line.getCoordinateAt((k + 0.5) / SAMPLES));
  return ranked(features, (feature) => places.filter((place) => feature.getGeometry().intersectsCoordinate(place)).length);
}

// The features that share a border with one, the longest first; a corner alone is none.
export function beside(feature, features) {
  const border = new ol.geom.LineString(feature.getGeometry().getLinearRing(0).getCoordinates());
  const places = Array.from({ length: SAMPLES }, (_, k) => border.getCoordinateAt((k + 0.5) / SAMPLES));
  const isOn = (ring, place) => distance(ring.getClosestPoint(place), place) < BESIDE_M;
  return ranked(features, (other) => {
    const ring = other.getGeometry().getLinearRing(0);
    const shared = places.filter((place) => isOn(ring, place)).length;
    return shared > 1 ? shared : 0;
  });
}

function ranked(features, measure) {
  return features.map((feature) => [feature, measure(feature)]).filter(([, share]) => share > 0).sort((one, other) => other[1] - one[1]).map(([feature]) => feature);
}

// The features whose borders lie closest to places, closest first.
export function nearest(places, features) {
  const far = (feature) => Math.max(...places.map((place) => distance(feature.getGeometry().getLinearRing(0).getClosestPoint(place), place)));
  return [...features].sort((one, other) => far(one) - far(other));
}

export function distance([x, y], [otherX, otherY]) {
  return Math.hypot(x - otherX, y - otherY);
}

// The point of a side that lies closest to a place.
export function footOn([from, to], place) {
  return new ol.geom.LineString([from, to]).getClosestPoint(place);
}

// The sides of a polygon that a place is not on.
export function sidesApart(geometry, place) {
  const sides = geometry.getCoordinates().flatMap((ring) => ring.slice(1).map((end, at) => [ring[at], end]));
  return sides.filter((side) => distance(footOn(side, place), place) > SAME_M);
}

// Which corners moved between two shapes of the same grids, each as [before, after]; a corner that was
// set on a side has its foot there as before.  pairs: [[old, new]] geometries, one a grid.
export function movedCorners(pairs) {
  const moves = [];
  for (const [old, now] of pairs) {
    for (const [ring, corners] of now.getCoordinates().entries()) {
      const before = old.getCoordinates()[ring] ?? [];
      const open = corners.slice(0, -1);
      for (const [at, corner] of open.entries()) {
        if (before.some((one) => isClose(one, corner))) continue;
        if (before.length === corners.length) moves.push([before[at], corner]);
        else {
          const sides = [open[(at - 1 + open.length) % open.length], open[(at + 1) % open.length]];
          moves.push([footOn(sides, corner), corner]);
        }
      }
    }
  }
  return moves.filter(([, end], at) => moves.findIndex(([, other]) => isClose(other, end)) === at);
}

// The side of a feature closest to a place, with how far it is: [[from, to], metres].
export function nearestSide(place, features) {
  let found = [null, Infinity];
  for (const feature of features) {
    for (const ring of feature.getGeometry().getCoordinates()) {
      for (let k = 1; k < ring.length; k += 1) {
        const far = distance(footOn([ring[k - 1], ring[k]], place), place);
        if (far < found[1]) found = [[ring[k - 1], ring[k]], far];
      }
    }
  }
  return found;
}
