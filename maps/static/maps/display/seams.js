// Keeps the map's names off the seams between screens: marks nobody sees stand along each seam, and
// MapLibre gives names no room where marks stand.  Names that may move aside do.

import { isTiled, ownSeams } from "maps/display/screen";

const SOURCE = "seams";
const MARK_PX = 12;
const AROUND = ["center", "bottom", "top", "left", "right"];

export class Seams {
  constructor(map) {
    this.map = map;
    if (!isTiled) return;
    map.on("load", () => this.ready());
    map.on("style.load", () => this.ready());
    map.on("moveend", () => this.lay());
    map.on("resize", () => this.lay());
  }

  ready() {
    if (this.map.getSource(SOURCE)) return;
    this.map.addImage(SOURCE, { width: MARK_PX, height: MARK_PX, data: new Uint8Array(MARK_PX * MARK_PX * 4) });
    this.map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    // Drawn last is given room first.
    this.map.addLayer({ id: SOURCE, type: "symbol", source: SOURCE, layout: { "icon-image": SOURCE, "icon-allow-overlap": true, "icon-padding": 0 } });
    for (const { id, type, layout } of this.map.getStyle().layers) {
      if (type !== "symbol" || !/-names?$/.test(id) || layout["text-anchor"]) continue;
      this.map.setLayoutProperty(id, "text-variable-anchor", AROUND);
      this.map.setLayoutProperty(id, "text-radial-offset", 1);
    }
    this.lay();
  }

  lay() {
    const source = this.map.getSource(SOURCE);
    if (!source) return;
    const { left, top, width, height } = this.map.getContainer().getBoundingClientRect();
    const { x, y } = ownSeams();
    const places = [
      ...x.map((at) => at - left).filter((at) => at > 0 && at < width).flatMap((at) => along(height).map((other) => [at, other])),
      ...y.map((at) => at - top).filter((at) => at > 0 && at < height).flatMap((at) => along(width).map((other) => [other, at])),
    ];
    source.setData({ type: "FeatureCollection", features: places.map((place) => feature(this.map.unproject(place))) });
  }
}

function along(length) {
  return Array.from({ length: Math.ceil(length / MARK_PX) }, (_, index) => (index + 0.5) * MARK_PX);
}

function feature({ lng, lat }) {
  return { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lng, lat] } };
}
