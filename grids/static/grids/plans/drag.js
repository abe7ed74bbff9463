// Moves vertices and sides of borders, in all grids that share them at once.  A vertex snaps to the borders
// that stay where they are, to streets and to buildings.

import { distance, movedCorners, nearestSide, sidesApart } from "plans/geometry";
import { ol, toPlace } from "plans/ol";
import { HANDLE } from "plans/styles";

const REACH_PX = 10;

export class Drag {
  // moved([[from, to]]): places as longitude and latitude.  moving(moves()): the same, while the pointer
  // goes on, as a question that is answered when it is asked.  sketch: whose snapping it is, on or off.
  constructor(map, sketch, { moved, moving }) {
    Object.assign(this, { map, sketch, moved, moving });
    const { grids } = map.sources;
    this.modify = new ol.interaction.Modify({
      source: grids,
      pixelTolerance: REACH_PX,
      style: HANDLE,
      deleteCondition: ol.events.condition.never,
      condition: (event) => ol.events.condition.primaryAction(event) && !event.originalEvent.shiftKey,
    });
    const going = () => this.moving(() => this.places(movedCorners(this.pairs())));
    this.modify.on("modifystart", () => {
      this.remember();
      this.snap();
      map.map.on("pointerdrag", going);
    });
    this.modify.on("modifyend", () => {
      map.map.un("pointerdrag", going);
      sketch.snapsOff();
      this.finish(movedCorners(this.pairs()));
    });
    this.sides = new ol.interaction.Pointer({
      handleDownEvent: (event) => event.originalEvent.shiftKey && this.grab(event),
      handleDragEvent: (event) => this.drag(event.coordinate),
      handleUpEvent: () => this.drop(),
    });
  }

  begin() {
    this.map.map.addInteraction(this.modify);
    this.map.map.addInteraction(this.sides);
  }

  end() {
    this.sketch.snapsOff();
    this.map.map.removeInteraction(this.modify);
    this.map.map.removeInteraction(this.sides);
  }

  remember() {
    this.before = new Map(this.map.sources.grids.getFeatures().map((feature) => [feature, feature.getGeometry().clone()]));
  }

  // To nothing that moves along: what moves would never leave its place.
  snap() {
    const { grids, resting } = this.map.sources;
    const [handle] = this.modify.getOverlay().getSource().getFeatures();
    const place = handle.getGeometry().getCoordinates();
    resting.clear();
    resting.addFeatures(grids.getFeatures().map((feature) => new ol.Feature(new ol.geom.MultiLineString(sidesApart(feature.getGeometry(), place)))));
    this.sketch.snapTo(["resting", "streets", "buildings"]);
  }

  pairs() {
    return [...this.before].map(([feature, old]) => [old, feature.getGeometry()]);
  }

  finish(moves) {
    this.moved(this.places(moves));
  }

  places(moves) {
    return moves.map(([from, to]) => [this.map.exact(from) ?? toPlace(from), toPlace(to)]);
  }

  // ---- A whole side --------------------------------------------------------------------------------

  grab({ coordinate, map }) {
    const [side, far] = nearestSide(coordinate, this.map.ownFeatures());
    if (side === null || far > REACH_PX * map.getView().getResolution()) return false;
    this.remember();
    Object.assign(this, { side, from: coordinate, by: [0, 0] });
    return true;
  }

  drag([x, y]) {
    this.by = [x - this.from[0], y - this.from[1]];
    for (const [feature, old] of this.before) {
      const rings = old.getCoordinates();
      let held = false;
      const then = rings.map((ring) => ring.map((corner) => {
        if (!this.side.some((end) => distance(end, corner) < 1e-4)) return corner;
        held = true;
        return [corner[0] + this.by[0], corner[1] + this.by[1]];
      }));
      if (held) feature.getGeometry().setCoordinates(then);
    }
    this.moving(() => this.places(this.shifted()));
  }

  drop() {
    this.finish(this.shifted());
    return false;
  }

  shifted() {
    const [x, y] = this.by;
    return x === 0 && y === 0 ? [] : this.side.map((end) => [end, [end[0] + x, end[1] + y]]);
  }
}
