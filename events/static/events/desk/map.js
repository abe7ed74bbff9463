// The map beside the queue: what fits the filters, by kind, severity and deadline.

import * as maplibre from "maplibre-gl";
import { RANK, SIGN, addSigns } from "events/icons";
import { style } from "grids/page_map";
import { color } from "maps/display/tokens";

const MOST = 2_000;
const PAUSE_MS = 250;
const CLOSE_ZOOM = 15;
const REACH_PX = 6;

export class EventMap {
  // picked(id): a sign was pressed.
  constructor(holder, said, config, { picked }) {
    Object.assign(this, { holder, said, config, picked });
    this.chosen = null;
    this.asked = 0;
    this.start().catch((error) => {
      console.error(error);
      this.say(gettext("The map cannot be shown here; the list works all the same."));
    });
  }

  async start() {
    if (!this.config.box) return this.say(gettext("There is no shape here to show yet."));
    const response = await fetch(this.config.urls.edition, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const drawn = style(this.config, await response.json());
    drawn.sources.events = points();
    drawn.sources.chosen = points();
    drawn.layers.push(ring(), signs());
    const [west, south, east, north] = this.config.box;
    this.map = new maplibre.Map({
      container: this.holder,
      style: drawn,
      bounds: [west, south, east, north],
      fitBoundsOptions: { padding: 16 },
      localIdeographFontFamily: false,
      attributionControl: false,
      fadeDuration: 0,
      minZoom: 5,
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
      locale: { "NavigationControl.ZoomIn": gettext("Zoom in"), "NavigationControl.ZoomOut": gettext("Zoom out"), "Map.Title": gettext("Map") },
    });
    // Tests and the curious reach the map from its element.
    this.holder.map = this.map;
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 100 }), "bottom-right");
    this.map.touchZoomRotate.disableRotation();
    addSigns(this.map);
    this.map.on("load", () => this.ready());
    this.map.on("error", ({ error }) => console.error(error));
  }

  ready() {
    this.loaded = true;
    this.map.on("moveend", () => this.refresh());
    this.map.on("click", (event) => this.press(event));
    this.map.on("mousemove", "events", () => (this.map.getCanvas().style.cursor = "pointer"));
    this.map.on("mouseleave", "events", () => (this.map.getCanvas().style.cursor = ""));
    this.show(this.chosen);
    this.refresh();
  }

  press({ point: { x, y } }) {
    const near = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
    const [hit] = this.map.queryRenderedFeatures(near, { layers: ["events"] });
    if (hit) this.picked(hit.properties.id);
  }

  // What lies in view, asked anew; the last question alone is answered.
  refresh() {
    if (!this.loaded) return;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.load(), PAUSE_MS);
  }

  async load() {
    const asked = (this.asked += 1);
    const bounds = this.map.getBounds();
    const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6));
    const question = new URLSearchParams(this.config.query);
    question.set("bbox", box.join());
    question.set("limit", MOST);
    try {
      const response = await fetch(`${this.config.urls.features}?${question}`, { headers: { Accept: "application/json" } });
      const body = await response.json();
      if (asked !== this.asked) return;
      if (!response.ok) throw new Error(body.error?.message ?? String(response.status));
      this.map.getSource("events").setData(body);
      this.holder.dataset.shown = body.features.length;
      this.say(body.more ? interpolate(gettext("The first %s of these are drawn; look closer for the rest."), [MOST]) : "");
    } catch (error) {
      if (asked === this.asked) this.say(error instanceof TypeError ? gettext("The server does not answer.") : error.message);
    }
  }

  // Rings one event; point: [lon, lat], or null.  go: moves there.
  show(point, go = false) {
    this.chosen = point;
    if (!this.loaded) return;
    const features = point ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: point } }] : [];
    this.map.getSource("chosen").setData({ type: "FeatureCollection", features });
    if (!point) return;
    if (go) this.map.easeTo({ center: point, zoom: Math.max(this.map.getZoom(), CLOSE_ZOOM), duration: 400 });
    else if (!this.map.getBounds().contains(point)) this.map.easeTo({ center: point, duration: 400 });
  }

  resize() {
    this.map?.resize();
  }

  say(text) {
    this.said.textContent = text;
  }
}

function points() {
  return { type: "geojson", data: { type: "FeatureCollection", features: [] } };
}

function ring() {
  return {
    id: "chosen",
    type: "circle",
    source: "chosen",
    paint: { "circle-radius": 17, "circle-color": color("map-picked"), "circle-opacity": 0.12, "circle-stroke-color": color("map-picked"), "circle-stroke-width": 2.5 },
  };
}

function signs() {
  return {
    id: "events",
    type: "symbol",
    source: "events",
    layout: {
      "icon-image": SIGN,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 13, 0.75, 16, 1],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": RANK,
    },
  };
}
