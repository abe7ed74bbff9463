// The map itself: territory from tiles, cameras as points, one of them picked.

import * as maplibre from "maplibre-gl";
import { addSigns } from "events/icons";
import { LAYERS_OF } from "maps/patrols/coverage_style";
import { element, empty, setText } from "maps/element";
import { EventNote } from "maps/events";
import { endFirst, holdFirst, roomAround } from "maps/first";
import { GridNote } from "maps/grid";
import { GRID_COLOUR_LAYER, GridColours } from "maps/figures/colours";
import { addIcons } from "maps/icons";
import { OutageNote, outageFeatures } from "maps/outages";
import { PatrolMap } from "maps/patrols/map";
import { addPeople } from "maps/patrols/people_icons";
import { MOST_CANVAS_PX, UNIT } from "maps/display/tokens";
import { Seams } from "maps/display/seams";
import { CAMERA_HEAPS, CAMERA_LAYERS, EACH_CAMERA_FROM, EVENT_LAYER, EVENT_LAYERS, FOUND_AREAS, OUTAGE_LAYER, mapStyle, tileAddress } from "maps/style";

// A finger is less exact than the point it means.
const REACH_PX = 8;
const ICON_SCALE = 3;
// Beside it the legend leaves room (wall.css).
const SCALE_PX = 120;
const RESTORE_MS = 5_000;
const CLOSE_ZOOM = 15;
const HEAP_STEP = 2;
const HEAPS_EVERY_MS = 2_000;
const TILE_RETRY_MS = 5_000;
const FOUND_ZOOM = 16;
// How long what was gone to stays marked.
const MARKED_MS = 6_000;

// The map in its holder; null, and words in its place, where there is nothing to draw or no way to.
export function mapIn(holder, config, acts) {
  if (config.extent === null) {
    holder.append(empty(gettext("No district is loaded, or none of it is yours."),
      gettext("An administrator loads one with bin/manage load_district, and gives users their part of it.")));
    return null;
  }
  try {
    return new WallMap(holder, config, acts);
  } catch {
    endFirst(holder);
    holder.append(empty(gettext("This browser cannot draw the map."),
      gettext("It needs WebGL 2. The lists beside it work all the same.")));
    return null;
  }
}

// MapLibre's map as all of ours are: flat, with words in the reader's language.  base: of the base map,
// or null.  more: what it takes besides, at least its style.
export function drawnIn(container, base, more) {
  const map = new maplibre.Map({
    container,
    maxCanvasSize: MOST_CANVAS_PX,
    locale: words(),
    localIdeographFontFamily: false,
    attributionControl: base?.credit ? { compact: false } : false,
    fadeDuration: 0,
    minZoom: 6,
    maxZoom: 19,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    ...more,
  });
  map.addControl(new maplibre.ScaleControl({ maxWidth: SCALE_PX * UNIT }), "bottom-right");
  map.touchZoomRotate.disableRotation();
  return map;
}

export class WallMap {
  // picked(id): a camera was clicked.  trouble(sentence): the picture is gone, "" when it is back.
  // around: what the notes' buttons ask for (aroundButton), null for none.
  constructor(holder, config, { picked, trouble, around = null }) {
    this.config = config;
    this.trouble = trouble;
    this.cameras = null;
    this.outages = [];
    this.ringed = [];
    // Whether it shows the whole territory, as at first.
    this.isWhole = true;
    this.marked = { area: "", features: [] };
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.map = this.make(holder);
    // Tests and the curious reach the map from its element.
    holder.map = this.map;
    const first = ["divisions", "grids", "cameras", ...(config.layers.cameras ? ["camera-heaps"] : [])];
    holdFirst(this.map, first, () => this.cameras !== null || !config.sees_cameras);
    this.note = new GridNote(this.map, config.urls, { around });
    this.colours = new GridColours(this.map);
    this.outageNote = new OutageNote(this.map, config.urls.cameras, picked);
    this.hasEvents = Boolean(config.layers.events);
    this.eventHits = [EVENT_LAYER, "event-singles"];
    this.eventNote = this.hasEvents ? new EventNote(this.map, config.urls.events, { ringed: (spot) => this.ringEvent(spot), around }) : null;
    addIcons(this.map, ICON_SCALE);
    if (this.hasEvents) addSigns(this.map, ICON_SCALE);
    if (config.sees_patrols) addPeople(this.map, ICON_SCALE);
    this.patrols = config.sees_patrols ? new PatrolMap(this.map, config.urls.patrols) : null;
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new Home(() => this.showAll()), "top-left");
    // Its sources are there; what they are filled with need not wait for a first picture.
    this.map.once("style.load", () => this.ready());
    this.map.on("error", (event) => this.failed(event));
    this.map.on("movestart", ({ originalEvent }) => originalEvent && (this.isWhole = false));
    this.map.on("click", (event) => this.click(event, picked));
    const pressed = [OUTAGE_LAYER, ...CAMERA_LAYERS, ...this.eventLayers(), ...(this.patrols?.pressed ?? [])];
    this.map.on("mousemove", pressed, () => this.cursor(this.placed ? "crosshair" : "pointer"));
    this.map.on("mouseleave", pressed, () => this.cursor(this.placed ? "crosshair" : ""));
    this.guardContext();
    new Seams(this.map);
  }

  make(holder) {
    const { base, edition, extent, layers, urls, sees_patrols: seesPatrols } = this.config;
    return drawnIn(holder, base, {
      style: mapStyle({ origin: location.origin, base, edition, layers, tiles: urls.tiles, seesPatrols }),
      bounds: extent,
      fitBoundsOptions: { padding: roomAround(holder) },
      reduceMotion: this.calm.matches,
    });
  }

  ready() {
    this.patrols?.ready();
    this.draw();
  }

  // Everything that the page knows; at the start, and when the driver has given the picture back.
  draw() {
    this.loaded = true;
    this.colours.ready();
    this.showEvents(this.eventsShown ?? true);
    if (this.seen) this.showSeen(this.seen.kind, this.seen.query);
    if (this.video) this.showVideo(this.video);
    if (this.cameras) this.show(this.cameras, this.passes);
    this.showOutages(this.outages);
    this.ring(this.ringed);
    this.mark(this.marked.area, this.marked.features);
  }

  // All cameras, anew; passes(camera): which of them, all without it.
  show(cameras, passes) {
    Object.assign(this, { cameras, passes });
    if (!this.loaded) return;
    cameras.takeChanged();
    this.map.getSource("cameras").setData(cameras.features(passes));
    this.camerasMoved();
  }

  // Those alone that have changed: of 100,000 the others are neither sent to the worker nor drawn anew.
  showChanged() {
    if (!this.loaded || !this.cameras) return;
    const add = this.cameras.takeChanged();
    if (add.length === 0) return;
    this.map.getSource("cameras").updateData({ add });
    this.camerasMoved();
  }

  // What is in view, as the server is asked for it; null where cameras stand together.
  boxOfEach() {
    if (this.map.getZoom() < EACH_CAMERA_FROM) return null;
    return this.map.getBounds().toArray().flat().map((edge) => edge.toFixed(5)).join(",");
  }

  // That not all in view are drawn must not look as if there were no others; 0 for all.
  sayCrowded(shown) {
    this.crowd ??= this.map.getContainer().appendChild(element("p", { class: "crowded", role: "status" }));
    this.crowd.hidden = shown === 0;
    setText(this.crowd, interpolate(gettext("There are more cameras here than can be drawn; %s of them are. Zoom in."), [shown]));
  }

  camerasMoved() {
    // Seen from afar they are the server's tiles; many changes are one look at them.
    if (this.config.layers.cameras) this.heapsWait ??= setTimeout(() => this.refreshHeaps(), HEAPS_EVERY_MS);
  }

  refreshHeaps() {
    this.heapsWait = null;
    if (this.loaded) this.map.refreshTiles("camera-heaps");
  }

  // The open outages of several cameras; what is not among them is over.
  showOutages(items) {
    this.outages = items;
    this.outageNote.keep(items);
    if (this.loaded) this.map.getSource("outages").setData(outageFeatures(items));
  }

  eventLayers() {
    return this.hasEvents ? [EVENT_LAYER, "event-singles", "event-heaps"] : [];
  }

  // Whether events are drawn at all.
  showEvents(wanted) {
    this.eventsShown = wanted;
    if (!this.loaded || !this.hasEvents) return;
    for (const layer of EVENT_LAYERS) this.map.setLayoutProperty(layer, "visibility", wanted ? "visible" : "none");
    if (!wanted) this.eventNote.close();
  }

  // Something has become of events: tiles of them are asked for anew, those on screen alone.
  refreshEvents() {
    if (this.loaded && this.hasEvents) this.map.refreshTiles("events");
  }

  // The view as the page of files asks for it.  layers: of the file, those that are on; figure: what
  // grids are coloured by, "" for nothing; filters: pairs; lacks: what is on and no file holds.
  asFile({ layers = this.fileLayers(), figure, filters = [], lacks }) {
    const box = this.map.getBounds().toArray().flat().map((edge) => edge.toFixed(5));
    const named = (name, values) => values.map((value) => [name, value]);
    return String(new URLSearchParams([["bbox", box.join(",")], ...named("layer", ["none", ...layers]), ...named("figure", figure ? [figure] : []), ...filters, ...named("lacks", lacks)]));
  }

  fileLayers() {
    return [...(this.config.sees_cameras ? ["outages", "down", "online"] : []), ...(this.hasEvents && this.eventsShown ? ["events"] : [])];
  }

  visitEvent(id, [lon, lat]) {
    this.showEvents(true);
    this.eventNote?.open(id, [lon, lat]);
  }

  ringEvent(spot) {
    if (this.loaded) this.map.getSource("picked-event").setData({ type: "FeatureCollection", features: spot ? [point({ lon: spot[0], lat: spot[1] })] : [] });
  }

  visitOutage({ id, lon, lat }) {
    if (!this.outageNote.isLow) this.visit([lon, lat, lon, lat], {});
    this.outageNote.open(id, CLOSE_ZOOM);
  }

  // Rings a camera, or none; moves there when asked to, to the middle of what `covered_px` on the
  // right leaves free.
  pick(camera, { go = false, covered_px = 0 } = {}) {
    this.ring(camera ? [point(camera)] : []);
    if (!camera || !go) return;
    this.isWhole = false;
    this.map.easeTo({
      center: [camera.lon, camera.lat],
      zoom: Math.max(this.map.getZoom(), CLOSE_ZOOM),
      offset: [-covered_px / 2, 0],
      duration: this.calm.matches ? 0 : 700,
    });
  }

  // Goes to a box (west, south, east, north) and marks for a while what lies there: the outline of the
  // grid or division whose code `area` is, else the middle.
  visit([west, south, east, north], { area = "", covered_px = 0, marked = true, marked_ms = MARKED_MS } = {}) {
    this.isWhole = false;
    const room = Math.min(60, this.map.getContainer().clientHeight / 6);
    this.map.fitBounds([west, south, east, north], {
      padding: { top: room, bottom: room, left: room, right: room + covered_px },
      maxZoom: FOUND_ZOOM,
      duration: this.calm.matches ? 0 : 700,
    });
    if (!marked) return;
    clearTimeout(this.marking);
    this.mark(area, area ? [] : [point({ lon: (west + east) / 2, lat: (south + north) / 2 })]);
    this.marking = setTimeout(() => this.mark("", []), marked_ms);
  }

  mark(area, features) {
    this.marked = { area, features };
    if (!this.loaded) return;
    this.map.getSource("found").setData({ type: "FeatureCollection", features });
    for (const layer of FOUND_AREAS) this.map.setFilter(layer, ["==", ["get", "code"], area]);
  }

  ring(features) {
    this.ringed = features;
    if (this.loaded) this.map.getSource("picked").setData({ type: "FeatureCollection", features });
  }

  showAll(ms = 500) {
    this.isWhole = true;
    if (this.config.extent) this.map.fitBounds(this.config.extent, { padding: roomAround(this.map.getContainer()), duration: ms }, { isWhole: true });
  }

  useEdition(edition) {
    if (edition === this.config.edition) return;
    this.config.edition = edition;
    this.useTiles();
  }

  useTiles() {
    if (!this.map.style) return; // dropped by the driver: asked again when it is back
    for (const layer of Object.keys(this.config.layers)) this.map.getSource(layer === "cameras" ? "camera-heaps" : layer)?.setTiles([this.tilesOf(layer)]);
  }

  tilesOf(layer) {
    const { edition, urls } = this.config;
    return tileAddress(location.origin, urls.tiles, edition, layer) + (this.queries?.[layer] ?? "");
  }

  // Shows one of the layers of what has been seen, or none ("off").
  showSeen(kind, query) {
    this.seen = { kind, query };
    if (!this.loaded || !this.config.layers.blind) return;
    for (const [own, layers] of Object.entries(LAYERS_OF)) {
      for (const layer of layers) this.map.setLayoutProperty(layer, "visibility", own === kind ? "visible" : "none");
    }
    if (kind === "off" || (this.queries?.[kind] ?? "") === query) return;
    this.queries = { ...this.queries, [kind]: query };
    this.map.getSource(kind).setTiles([this.tilesOf(kind)]);
  }

  // What has been seen has grown, or has become older.
  refreshSeen(kind) {
    if (this.loaded && this.config.layers[kind]) this.map.refreshTiles(kind);
  }

  showVideo(features) {
    this.video = features;
    if (this.loaded) this.map.getSource("video")?.setData(features);
  }

  // MapLibre leaves a hole where a tile failed until somebody moves the map; nobody moves a wall.
  failed({ error, sourceId, tile }) {
    console.error(error);
    if (!sourceId || !tile) return;
    setTimeout(() => this.loaded && this.map.refreshTiles(sourceId, [tile.tileID.canonical]), TILE_RETRY_MS);
  }

  // The next press on the map is a place, not a question; null ends that.
  pickPlace(chosen) {
    this.placed = chosen;
    this.cursor(chosen ? "crosshair" : "");
  }

  click({ point: { x, y }, lngLat }, picked) {
    if (this.placed) return this.placed(lngLat);
    const near = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
    const [outage] = this.map.queryRenderedFeatures([x, y], { layers: [OUTAGE_LAYER] });
    if (outage) return this.outageNote.open(outage.properties.id);
    // Somebody who stands where a matter is open walks on; the matter stays.
    if (this.hasEvents && this.pressEvent({ x, y }, near)) return;
    if (this.patrols?.press({ x, y }, near)) return;
    // Drawn last comes first, and the worst is drawn last.
    const [hit] = this.map.queryRenderedFeatures(near, { layers: CAMERA_LAYERS });
    if (hit) return picked(hit.properties.id);
    const [many] = this.config.layers.cameras ? this.map.queryRenderedFeatures([x, y], { layers: CAMERA_HEAPS }) : [];
    if (many) return this.closer(many);
    const [grid] = this.map.queryRenderedFeatures([x, y], { layers: ["grid-areas", GRID_COLOUR_LAYER] });
    if (grid) this.note.open(grid.properties.code, lngLat, this.gridWords?.(grid.id));
  }

  // The one that was pressed, or closer to those that stand together; whether there was any.
  pressEvent({ x, y }, near) {
    const [event] = this.map.queryRenderedFeatures(near, { layers: this.eventHits });
    if (event) {
      this.eventNote.open(event.id, event.geometry.coordinates);
      return true;
    }
    const [heap] = this.map.queryRenderedFeatures([x, y], { layers: ["event-heaps"] });
    if (heap) this.closer(heap);
    return Boolean(heap);
  }

  closer({ geometry }) {
    this.isWhole = false;
    this.map.easeTo({ center: geometry.coordinates, zoom: this.map.getZoom() + HEAP_STEP, duration: this.calm.matches ? 0 : 500 });
  }

  cursor(shape) {
    this.map.getCanvas().style.cursor = shape;
  }

  // Graphics drivers drop a wall's picture after hours or days.  MapLibre draws it anew when the
  // driver gives it back; when that does not come, only loading the page again helps.
  guardContext() {
    let reload = null;
    this.map.on("webglcontextlost", () => {
      // Until it is back there is no style, and nothing may be asked of its sources.
      this.loaded = false;
      this.colours.dropped();
      this.trouble(gettext("The graphics driver dropped the map. It is being drawn anew."));
      reload ??= setTimeout(() => location.reload(), RESTORE_MS);
    });
    this.map.on("webglcontextrestored", () => {
      clearTimeout(reload);
      reload = null;
      this.trouble("");
      this.map.once("style.load", () => {
        this.draw();
        this.useTiles();
      });
    });
  }
}

function point({ lon, lat }) {
  return { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } };
}

class Home {
  constructor(press) {
    this.press = press;
  }

  onAdd() {
    const name = gettext("Show the whole territory");
    const button = element("button", { type: "button", class: "map-home", title: name, "aria-label": name });
    button.addEventListener("click", this.press);
    this.box = element("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
    return this.box;
  }

  onRemove() {
    this.box.remove();
  }
}

function words() {
  return {
    "Map.Title": gettext("Map"),
    "NavigationControl.ZoomIn": gettext("Zoom in"),
    "NavigationControl.ZoomOut": gettext("Zoom out"),
    "ScaleControl.Meters": gettext("m"),
    "ScaleControl.Kilometers": gettext("km"),
  };
}
