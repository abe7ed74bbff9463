// The small map of a page: the territory from tiles, what the page is about marked, and, where that
// is allowed, a place that can be put somewhere else.

import * as maplibre from "maplibre-gl";
import { color } from "maps/display/tokens";

const FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];
const INK = {
  outside: color("map-outside"),
  inside: color("map-inside"),
  grid: color("map-grid"),
  community: color("map-community"),
  street: color("map-street"),
  district: color("map-district"),
  name: color("map-name"),
  lesser: color("map-lesser"),
  mark: color("accent"),
};
const BADGES = ["match", ["get", "badge"], "bad", color("offline"), "warn", color("degraded"), "good", color("online"), color("unknown")];
const CLOSEST = 16;
const DECIMALS = 6;

// config: see grids/views/shared.py, map_config.
export async function start(holder, config) {
  if (!config.box) return note(holder, gettext("There is no shape here to show yet."));
  let tiles;
  try {
    const response = await fetch(config.urls.edition, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    tiles = await response.json();
    new PageMap(holder, config, tiles);
  } catch (error) {
    console.error(error);
    note(holder, tiles ? gettext("This browser cannot draw the map.") : gettext("The server does not answer."));
  }
}

function note(holder, text) {
  const said = document.createElement("p");
  said.className = "map-note";
  said.textContent = text;
  holder.replaceChildren(said);
}

class PageMap {
  constructor(holder, config, tiles) {
    Object.assign(this, { holder, config });
    const [west, south, east, north] = config.box;
    this.map = new maplibre.Map({
      container: holder,
      style: style(config, tiles),
      bounds: [west, south, east, north],
      fitBoundsOptions: { padding: 28, maxZoom: CLOSEST },
      localIdeographFontFamily: false,
      attributionControl: false,
      fadeDuration: 0,
      minZoom: 5,
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      cooperativeGestures: false,
      reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
      locale: { "NavigationControl.ZoomIn": gettext("Zoom in"), "NavigationControl.ZoomOut": gettext("Zoom out"), "Map.Title": gettext("Map") },
    });
    // Tests and the curious reach the map from its element.
    holder.map = this.map;
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 100 }), "bottom-right");
    this.map.touchZoomRotate.disableRotation();
    this.map.on("load", () => this.ready());
    this.map.on("error", ({ error }) => console.error(error));
    this.map.on("mousemove", "points", ({ features }) => this.hover(features[0].properties.name));
    this.map.on("mouseleave", "points", () => this.hover(""));
    this.placing();
  }

  ready() {
    this.loaded = true;
    const now = (this.config.shapes ?? []).find((one) => one.now);
    this.mark(now?.shape ?? null);
    this.days();
  }

  hover(name) {
    this.map.getCanvas().title = name;
  }

  mark(shape) {
    this.map.getSource("mark").setData(collection(shape ? [{ type: "Feature", properties: {}, geometry: shape }] : []));
  }

  // The shapes that a grid has had: chosen by a day, or from the list.
  days() {
    const day = document.getElementById("day");
    const buttons = [...document.querySelectorAll("#shapes button")];
    const choose = (index) => {
      this.mark(this.config.shapes[index]?.shape ?? null);
      buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
    };
    day?.addEventListener("change", () => {
      const on = day.value;
      choose(this.config.shapes.findIndex(({ first, after }) => on && (!first || first <= on) && (!after || on < after)));
    });
    buttons.forEach((button, index) => button.addEventListener("click", () => {
      choose(index);
      if (day && this.config.shapes[index].first) day.value = this.config.shapes[index].first;
    }));
  }

  // A place stands where it is; while it may be moved, it follows the finger and a click.
  placing() {
    const { point } = this.config;
    const box = document.getElementById("placing");
    this.fields = { position: document.getElementById("point_position"), frame: document.getElementById("point_frame") };
    if (point) this.stand(point);
    if (!box || !this.fields.position) return;
    const open = () => box.tagName !== "DETAILS" || box.open;
    const show = () => {
      this.marker?.setDraggable(open());
      this.holder.classList.toggle("placing", open());
    };
    box.addEventListener("toggle", show);
    show();
    this.map.on("click", ({ lngLat }) => {
      if (!open()) return;
      this.stand([lngLat.lng, lngLat.lat]);
      this.marker.setDraggable(true);
      this.write(lngLat);
    });
    this.fields.position.addEventListener("input", () => this.typed());
    this.fields.frame.addEventListener("change", () => this.typed());
  }

  stand(point) {
    if (!this.marker) {
      this.marker = new maplibre.Marker({ color: INK.mark });
      this.marker.on("dragend", () => this.write(this.marker.getLngLat()));
      this.marker.setLngLat(point).addTo(this.map);
    }
    this.marker.setLngLat(point);
  }

  write({ lng, lat }) {
    this.fields.position.value = `${lng.toFixed(DECIMALS)}, ${lat.toFixed(DECIMALS)}`;
    this.fields.frame.value = "wgs84";
  }

  // Only what needs no conversion is shown at once; the server converts the rest.
  typed() {
    if (!["wgs84", "cgcs2000"].includes(this.fields.frame.value)) return;
    const parts = this.fields.position.value.split(/[,，;；\s]+/).filter(Boolean).map(Number);
    const [lng, lat] = parts;
    if (parts.length !== 2 || !(Math.abs(lng) <= 180 && Math.abs(lat) <= 85)) return;
    this.stand([lng, lat]);
    this.marker.setDraggable(true);
    this.map.easeTo({ center: [lng, lat] });
  }
}

function collection(features) {
  return { type: "FeatureCollection", features };
}

export function style(config, { edition, layers }) {
  const vector = (name) => ({
    type: "vector",
    tiles: [`${location.origin}${config.urls.tiles}/${edition}/${name}/{z}/{x}/{y}.mvt`],
    ...layers[name],
  });
  const points = (config.points ?? []).map(({ name, badge, point }) => ({
    type: "Feature",
    properties: { name, badge },
    geometry: { type: "Point", coordinates: point },
  }));
  return {
    version: 8,
    sources: {
      divisions: vector("divisions"),
      grids: vector("grids"),
      mark: { type: "geojson", data: collection([]) },
      points: { type: "geojson", data: collection(points) },
    },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": INK.outside } },
      fill("inside", "divisions", ["==", ["get", "level"], "street"], INK.inside, 1),
      ...marked(config),
      line("grids", "grids", null, INK.grid, [11, 0.5, 15, 1.2]),
      line("communities", "divisions", ["==", ["get", "level"], "community"], INK.community, [11, 0.7, 15, 2]),
      line("streets", "divisions", ["==", ["get", "level"], "street"], INK.street, [8, 0.7, 15, 2.6]),
      line("district", "divisions", ["==", ["get", "level"], "district"], INK.district, [8, 1.2, 15, 3]),
      ...outlined(config),
      name("grid-names", "grids", "grid_names", null, [13.5], INK.lesser, 12),
      name("community-names", "divisions", "division_names", ["==", ["get", "level"], "community"], [12], INK.lesser, 12),
      name("street-names", "divisions", "division_names", ["==", ["get", "level"], "street"], [9, 14.5], INK.name, 13),
      {
        id: "points",
        type: "circle",
        source: "points",
        paint: { "circle-radius": 5, "circle-color": BADGES, "circle-stroke-color": INK.outside, "circle-stroke-width": 1.5 },
      },
    ],
  };
}

// A division is marked in the tiles; a grid by the shape of the chosen day, which may be an old one.
function marked({ division, grid, shapes }) {
  if (division) return [fill("marked", "divisions", ["==", ["get", "code"], division], INK.mark, 0.16)];
  if (shapes) return [{ id: "marked", type: "fill", source: "mark", paint: { "fill-color": INK.mark, "fill-opacity": 0.18 } }];
  if (grid) return [fill("marked", "grids", ["==", ["get", "code"], grid], INK.mark, 0.12)];
  return [];
}

function outlined({ division, shapes }) {
  if (division) return [line("outline", "divisions", ["==", ["get", "code"], division], INK.mark, [8, 2, 15, 3.5])];
  if (shapes) return [{ id: "outline", type: "line", source: "mark", paint: { "line-color": INK.mark, "line-width": 3 } }];
  return [];
}

function fill(id, source, filter, color, opacity) {
  return { id, type: "fill", source, "source-layer": source, filter, paint: { "fill-color": color, "fill-opacity": opacity, "fill-antialias": false } };
}

function line(id, source, filter, color, widths) {
  return {
    id,
    type: "line",
    source,
    "source-layer": source,
    ...(filter && { filter }),
    layout: { "line-join": "round" },
    paint: { "line-color": color, "line-width": ["interpolate", ["linear"], ["zoom"], ...widths] },
  };
}

function name(id, source, layer, filter, [from, to], color, size) {
  return {
    id,
    type: "symbol",
    source,
    "source-layer": layer,
    minzoom: from,
    ...(to && { maxzoom: to }),
    ...(filter && { filter }),
    layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": size, "text-max-width": 7, "text-padding": 6 },
    paint: { "text-color": color, "text-halo-color": INK.outside, "text-halo-width": 1.6 },
  };
}
