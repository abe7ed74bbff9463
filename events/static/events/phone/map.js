// The map on which a place is moved: it slides under a cross in its middle.  Loaded when somebody asks
// for it: its library is larger than all the rest of the page.

import * as maplibre from "maplibre-gl";
import { ask } from "phone/net";

const INK = { outside: "#0a0f15", inside: "#1a2531", grid: "#4d6277", community: "#7391ae", name: "#e8eef4" };
const FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];

// place: where to begin ({ lon, lat } or null); box: what to show without one.
export async function showMap(holder, config, place, box) {
  style(config.map_css);
  const { status, data } = await ask(config.edition);
  if (status !== 200) throw new Error(data.error?.message ?? String(status));
  const start = place ? { center: [place.lon, place.lat], zoom: 16 } : { bounds: box ?? [73, 18, 135, 53], fitBoundsOptions: { padding: 16 } };
  const map = new maplibre.Map({
    container: holder,
    style: drawing(config, data),
    ...start,
    localIdeographFontFamily: false,
    attributionControl: false,
    fadeDuration: 0,
    minZoom: 4,
    maxZoom: 19,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    locale: { "NavigationControl.ZoomIn": gettext("Zoom in"), "NavigationControl.ZoomOut": gettext("Zoom out"), "Map.Title": gettext("Map") },
  });
  holder.map = map;
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 100 }), "bottom-left");
  return {
    middle() {
      const { lng, lat } = map.getCenter();
      return { lon: lng, lat };
    },
    remove: () => map.remove(),
  };
}

function style(address) {
  if (document.querySelector(`link[href="${address}"]`)) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: address });
  document.head.append(link);
}

function drawing({ tiles }, { edition, layers }) {
  const source = (name) => ({ type: "vector", tiles: [`${location.origin}${tiles}/${edition}/${name}/{z}/{x}/{y}.mvt`], ...layers[name] });
  const line = (id, from, color, width, filter) => ({
    id, type: "line", source: from, "source-layer": from, ...(filter && { filter }),
    paint: { "line-color": color, "line-width": ["interpolate", ["linear"], ["zoom"], 10, width / 2, 16, width * 2] },
  });
  const level = (one) => ["==", ["get", "level"], one];
  const names = (id, from, layer, minzoom, filter) => ({
    id, type: "symbol", source: from, "source-layer": layer, minzoom, ...(filter && { filter }),
    layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 14, "text-max-width": 7 },
    paint: { "text-color": INK.name, "text-halo-color": INK.outside, "text-halo-width": 1.6 },
  });
  return {
    version: 8,
    sources: { divisions: source("divisions"), grids: source("grids") },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": INK.outside } },
      { id: "inside", type: "fill", source: "divisions", "source-layer": "divisions", filter: level("street"), paint: { "fill-color": INK.inside, "fill-antialias": false } },
      line("grids", "grids", INK.grid, 1),
      line("communities", "divisions", INK.community, 1.5, level("community")),
      names("grid-names", "grids", "grid_names", 13.5),
      names("community-names", "divisions", "division_names", 11.5, level("community")),
    ],
  };
}
