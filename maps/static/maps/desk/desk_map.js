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
      this.own = filtersOf(this.map);
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
    setShown(this.map, this.visible);
    setFaded(this.map, this.faded);
    this.within(this.area);
  }

  show(source, features) {
    this.shown[source] = features;
    if (this.isReady) this.map.getSource(source)?.setData(collection(features));
  }

  layerShown(layers, on) {
    const now = Object.fromEntries(layers.map((layer) => [layer, on]));
    Object.assign(this.visible, now);
    if (this.isReady) setShown(this.map, now);
  }

  fade(layers, opacity) {
    const now = Object.fromEntries(layers.map((layer) => [layer, opacity]));
    Object.assign(this.faded, now);
    if (this.isReady) setFaded(this.map, now);
  }

  // Cameras that are chosen one by one are drawn one by one, also from afar.
  eachCamera(wanted) {
    if (!this.isReady || !this.config.sees_cameras) return;
    for (const layer of ["cameras", "cameras-online"]) this.map.setLayerZoomRange(layer, wanted ? 0 : FROM_AFAR, 24);
  }

  // Borders of what lies in an area alone; those above it stay.
  within(area) {
    this.area = area;
    if (this.isReady) setWithin(this.map, this.own, area);
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

// ---- Of any map that has some of these layers: the live one and those of the past ------------------

export function setShown(map, visible) {
  for (const [layer, on] of Object.entries(visible)) {
    if (map.getLayer(layer)) map.setLayoutProperty(layer, "visibility", on ? "visible" : "none");
  }
}

export function setFaded(map, faded) {
  for (const [layer, opacity] of Object.entries(faded)) {
    const property = FADES[map.getLayer(layer)?.type];
    if (property) map.setPaintProperty(layer, property, opacity);
  }
}

// What the layers of borders let through by themselves.
export function filtersOf(map) {
  return Object.fromEntries(BORDERS.filter((id) => map.getLayer(id)).map((id) => [id, map.getFilter(id)]));
}

export function setWithin(map, own, area) {
  const begins = ["==", ["slice", ["to-string", ["get", "code"]], 0, area.length], area];
  for (const [layer, filter] of Object.entries(own)) {
    const both = filter ? ["all", filter, begins] : begins;
    map.setFilter(layer, area ? both : filter ?? null);
  }
}
