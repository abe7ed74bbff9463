// Draws one line or ring: by mouse, snapping to borders, streets and buildings, following borders and
// streets where asked; or by keyboard: arrows move the map below a cross in its middle, Enter sets a point there.

import { element } from "maps/element";
import { ol, toMap, toPlace } from "plans/ol";
import { sketchStyle } from "plans/styles";

const SNAP_PX = 12;

export class Sketch {
  constructor(map, { most }) {
    Object.assign(this, { map, most, draw: null, traces: false, snaps: true });
    this.cross = element("div", { class: "draw-cross", "aria-hidden": "true", hidden: true });
    map.holder.append(this.cross);
  }

  get isOn() {
    return this.draw !== null;
  }

  // kind: "LineString" or "Polygon".  done(geometry), changed(geometry), points([[lon, lat]]): each time
  // that a point was set, for whoever keeps them.
  begin(kind, { done, changed = () => {}, points = () => {} }) {
    this.end();
    Object.assign(this, { kind, done, changed, points });
    const { grids, streets } = this.map.sources;
    this.draw = new ol.interaction.Draw({
      type: kind,
      style: sketchStyle,
      stopClick: true,
      snapTolerance: SNAP_PX,
      maxPoints: this.most - 1,
      trace: () => this.traces,
      // All that OpenLayers asks of a source.
      traceSource: { getFeaturesInExtent: (box) => [grids, streets].flatMap((source) => source.getFeaturesInExtent(box)) },
      // A second press of a double one finishes; Shift would draw by hand.
      freehandCondition: ol.events.condition.never,
    });
    this.draw.on("drawstart", ({ feature }) => {
      this.feature = feature;
      feature.getGeometry().on("change", () => this.follow());
    });
    this.draw.on("drawend", ({ feature }) => {
      const geometry = feature.getGeometry();
      this.feature = null;
      this.count = 0;
      // Left to OpenLayers until it has finished with the event.
      setTimeout(() => this.done(geometry));
    });
    this.map.map.addInteraction(this.draw);
    this.snapTo();
    this.cross.hidden = false;
    this.count = 0;
  }

  // Interactions that snap hear of the pointer before all others: they come last.  For `Drag` too.
  snapTo(sources = ["grids", "streets", "buildings"]) {
    this.snapsOff();
    if (!this.snaps) return;
    this.snapping = sources.map((name) => new ol.interaction.Snap({ source: this.map.sources[name], pixelTolerance: SNAP_PX, edge: name !== "buildings" }));
    // The last one added is asked first: borders before streets before buildings.
    [...this.snapping].reverse().forEach((one) => this.map.map.addInteraction(one));
  }

  snapsOff() {
    this.snapping?.forEach((one) => this.map.map.removeInteraction(one));
    this.snapping = [];
  }

  follow() {
    const set = this.setPoints();
    if (set.length !== this.count) {
      this.count = set.length;
      this.points(set.map(toPlace));
    }
    this.changed(this.feature.getGeometry());
  }

  // Without the one below the pointer.
  setPoints() {
    const coordinates = this.feature?.getGeometry().getCoordinates() ?? [];
    // An open ring is told closed, and its last corner but one is the pointer's.
    return this.kind === "Polygon" ? (coordinates[0] ?? []).slice(0, -2) : coordinates.slice(0, -1);
  }

  // Points that were set before a reload.
  restore(places) {
    if (places.length > 0) this.draw.appendCoordinates(places.map(toMap));
  }

  putMiddle() {
    this.draw.appendCoordinates([this.map.map.getView().getCenter()]);
  }

  back() {
    this.draw.removeLastPoint();
  }

  finish() {
    if (this.setPoints().length >= (this.kind === "Polygon" ? 3 : 2)) this.draw.finishDrawing();
  }

  // Whether there was a line to give up.
  abandon() {
    const had = Boolean(this.feature);
    this.draw.abortDrawing();
    this.feature = null;
    this.count = 0;
    return had;
  }

  end() {
    if (this.draw) {
      this.draw.abortDrawing();
      this.map.map.removeInteraction(this.draw);
    }
    this.snapsOff();
    Object.assign(this, { draw: null, feature: null });
    this.cross.hidden = true;
  }
}
