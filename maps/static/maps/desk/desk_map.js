// The wall's map with what the desk draws besides: filters, opacity, what was searched and drawn.

import { collection } from "maps/desk/shapes";
import { CHOSEN_EVENTS, addDesk } from "maps/desk/desk_style";

const FROM_AFAR = 11;
const BORDERS = ["grids", "grid-areas", "grid-names", "communities", "community-names", "streets", "street-names", "inside"];
const FADES = { fill: "fill-opacity", line: "line-opacity", circle: "circle-opacity", raster: "raster-opacity" };

export class DeskMap {
  // wall: a WallMap.  ready(): its layers can be changed now.
  constructor(wall, config, { ready }) {
    Object.assign(this, { wall, config, area: "" });
    this.map = wall.map;
    this.shown = { searched: [], drawn: [], "chosen-events": [] };
    this.visible = {};
    this.faded = {};
    if (config.sees_events) wall.eventHits.push(CHOSEN_EVENTS[2]);
    // A driver that gives the picture back gives the wall's own layers back, and none of ours.
    const begin = () => {
      addDesk(this.map, { ...config, edition: wall.config.edition });
      this.own = Object.fromEntries(BORDERS.filter((id) => this.map.getLayer(id)).map((id) => [id, this.map.getFilter(id)]));
      this.isReady = true;
      this.restore();
      ready();
    };
    this.map.on("load", begin);
    this.map.on("webglcontextlost", () => (this.isReady = false));
    this.map.on("webglcontextrestored", () => this.map.once("style.load", begin));
  }

  restore() {
    for (const [source, features] of Object.entries(this.shown)) this.show(source, features);
    for (const [layer, on] of Object.entries(this.visible)) this.layerShown([layer], on);
    for (const [layer, opacity] of Object.entries(this.faded)) this.fade([layer], opacity);
    this.within(this.area);
  }

  show(source, features) {
    this.shown[source] = features;
    if (this.isReady) this.map.getSource(source)?.setData(collection(features));
  }

  layerShown(layers, on) {
    for (const layer of layers) {
      this.visible[layer] = on;
      if (this.isReady && this.map.getLayer(layer)) this.map.setLayoutProperty(layer, "visibility", on ? "visible" : "none");
    }
  }

  fade(layers, opacity) {
    for (const layer of layers) {
      this.faded[layer] = opacity;
      const made = this.isReady && this.map.getLayer(layer);
      if (made && FADES[made.type]) this.map.setPaintProperty(layer, FADES[made.type], opacity);
    }
  }

  // Cameras that are chosen one by one are drawn one by one, also from afar.
  eachCamera(wanted) {
    if (!this.isReady || !this.config.sees_cameras) return;
    for (const layer of ["cameras", "cameras-online"]) this.map.setLayerZoomRange(layer, wanted ? 0 : FROM_AFAR, 24);
  }

  // Borders of what lies in an area alone; those above it stay.
  within(area) {
    this.area = area;
    if (!this.isReady) return;
    const begins = ["==", ["slice", ["to-string", ["get", "code"]], 0, area.length], area];
    for (const [layer, own] of Object.entries(this.own)) {
      const both = own ? ["all", own, begins] : begins;
      this.map.setFilter(layer, area ? both : own ?? null);
    }
  }

  get view() {
    const { lng, lat } = this.map.getCenter();
    return [this.map.getZoom().toFixed(2), lat.toFixed(5), lng.toFixed(5)].join("/");
  }

  go([zoom, lat, lon]) {
    this.map.jumpTo({ zoom, center: [lon, lat] });
  }

  box() {
    const edges = this.map.getBounds().toArray().flat();
    return edges.map((edge, index) => Math.max(-(index % 2 ? 85 : 180), Math.min(index % 2 ? 85 : 180, edge)).toFixed(6)).join();
  }

}
