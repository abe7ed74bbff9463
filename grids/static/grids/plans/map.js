// The editor's map: the grids of one community at full precision, those that touch them, what is drawn
// and what would come of it.

import { setText, element } from "maps/element";
import { isClose } from "plans/geometry";
import { areaText } from "plans/measures";
import { boxToMap, featuresOf, geometryOf, ol, toMap } from "plans/ol";
import { BUILDINGS, PLACES, STREETS, TROUBLE, baseStyle, gridStyle, previewStyle, sketchStyle } from "plans/styles";

const PADDING = [90, 60, 60, 60];
const CLOSE_ZOOM = 18;
const MOVE_MS = 250;

export class PlanMap {
  // picked(key or null, more): a grid was pressed; more: with Shift or Ctrl.
  constructor(holder, config, editor, { picked }) {
    Object.assign(this, { holder, config, editor, picked });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.sources = Object.fromEntries(["streets", "buildings", "grids", "resting", "places", "preview", "sketch", "trouble"].map((name) => [name, new ol.source.Vector({ wrapX: false })]));
    const { streets, buildings, grids, places, preview, sketch, trouble } = this.sources;
    const vector = (source, style, options = {}) => new ol.layer.Vector({ source, style, updateWhileInteracting: true, ...options });
    this.map = new ol.Map({
      target: holder,
      layers: [
        ...baseLayers(config.base),
        vector(streets, STREETS, { minZoom: 14, properties: { name: "streets" } }),
        vector(buildings, BUILDINGS, { minZoom: 15, properties: { name: "buildings" } }),
        vector(grids, (feature, resolution) => this.styleOf(feature, resolution)),
        vector(places, PLACES),
        vector(preview, (feature) => previewStyle(feature.get("grid"), areaText), { properties: { name: "preview" } }),
        vector(sketch, sketchStyle),
        vector(trouble, TROUBLE),
      ],
      view: new ol.View({ center: toMap([112.57, 37.88]), zoom: 13, minZoom: 8, maxZoom: 22, enableRotation: false }),
      interactions: ol.interaction.defaults.defaults({ altShiftDragRotate: false, pinchRotate: false, shiftDragZoom: false, doubleClickZoom: false }),
      controls: [
        new ol.control.Zoom({ zoomInTipLabel: gettext("Closer"), zoomOutTipLabel: gettext("Further away") }),
        new ol.control.ScaleLine({ minWidth: 90 }),
        ...(config.base?.credit ? [new ol.control.Attribution({ collapsible: false })] : []),
      ],
    });
    this.map.on("click", (event) => this.press(event));
    // Tests and the curious reach the map from its element.
    holder.map = this.map;
    this.note = holder.appendChild(element("p", { class: "draw-scale-note", hidden: true }));
    editor.onChange(() => this.showGrids());
    editor.onSelect(() => this.sources.grids.changed());
    editor.view = { showPlaces: (told) => this.showPlaces(told), zoomTo: (place) => this.zoomTo(place) };
  }

  // ---- Grids ---------------------------------------------------------------------------------------

  // Only those that are others than before are drawn anew: an interaction may hold the rest.
  showGrids() {
    const { grids: source } = this.sources;
    for (const feature of source.getFeatures()) if (!this.editor.grids.has(feature.getId())) source.removeFeature(feature);
    for (const [key, grid] of this.editor.grids) {
      const feature = source.getFeatureById(key);
      if (feature === null) source.addFeature(featureOf(grid));
      else if (feature.get("grid") !== grid) {
        feature.setGeometry(geometryOf(grid.shape));
        feature.set("grid", grid);
      }
    }
    source.changed();
    this.sources.trouble.clear();
    if (this.shown !== this.editor.community()) this.showAll();
    this.shown = this.editor.community();
  }

  // What was dragged and not taken is as it was.
  restore() {
    for (const feature of this.sources.grids.getFeatures()) feature.setGeometry(geometryOf(feature.get("grid").shape));
  }

  styleOf(feature, resolution) {
    const grid = feature.get("grid");
    const [west, , east] = feature.getGeometry().getExtent();
    return gridStyle(grid, {
      chosen: this.editor.chosen.includes(grid.key),
      locked: this.editor.isLocked(grid.key),
      name: this.previewed?.has(grid.key) ? null : this.shortName(grid),
      width_px: (east - west) / resolution,
    });
  }

  // Within its community, a grid's name need not repeat it.
  shortName(grid) {
    const home = this.editor.state.communities.find((one) => one.code === grid.code.slice(0, 12))?.name ?? "";
    return grid.own && home && grid.name.startsWith(home) && grid.name.length > home.length ? grid.name.slice(home.length) : grid.name;
  }

  ownFeatures() {
    return this.sources.grids.getFeatures().filter((feature) => feature.get("grid").own);
  }

  feature(key) {
    return this.sources.grids.getFeatureById(key);
  }

  press(event) {
    if (this.deaf) return;
    const { shiftKey, ctrlKey, metaKey } = event.originalEvent;
    const found = this.map.getFeaturesAtPixel(event.pixel, { layerFilter: (layer) => layer.getSource() === this.sources.grids });
    const inside = found.find((feature) => feature.getGeometry().intersectsCoordinate(event.coordinate));
    this.picked(inside?.getId() ?? null, shiftKey || ctrlKey || metaKey);
  }

  // ---- What else is drawn --------------------------------------------------------------------------

  // What would come of something: null for nothing.
  showPreview(told) {
    const { grids, preview } = this.sources;
    preview.clear();
    // A neighbour that only gets a vertex keeps its land: it is not shown as if it changed.
    const others = told?.grids.filter(({ key, area_m2: area }) => Math.abs(area - (this.editor.grid(key)?.area_m2 ?? 0)) > 0.005) ?? [];
    this.previewed = new Set(others.map(({ key }) => key));
    preview.addFeatures(others.map(featureOf));
    grids.changed();
  }

  // Shapes by themselves, such as those of a repair.
  showShapes(items) {
    this.sources.preview.clear();
    if (items) this.sources.preview.addFeatures(items.map(featureOf));
  }

  showSketch(geometry) {
    this.sources.sketch.clear();
    if (geometry) this.sources.sketch.addFeature(new ol.Feature(geometry));
  }

  showTrouble(place) {
    this.sources.trouble.clear();
    if (place) this.sources.trouble.addFeature(new ol.Feature(new ol.geom.Point(toMap(place))));
  }

  showPlaces(told) {
    this.sources.places.clear();
    if (told) this.sources.places.addFeatures(featuresOf(told.type === "FeatureCollection" || told.type === "Feature" ? told : { type: "Feature", properties: {}, geometry: told }));
  }

  showGround({ streets, buildings }) {
    const { streets: lines, buildings: points } = this.sources;
    lines.clear();
    points.clear();
    lines.addFeatures(streets.map((line) => new ol.Feature(new ol.geom.LineString(line.map(toMap)))));
    points.addFeatures(buildings.map((place) => new ol.Feature(new ol.geom.Point(toMap(place)))));
  }

  // ---- Where to look -------------------------------------------------------------------------------

  showAll() {
    const own = this.ownFeatures();
    if (own.length === 0) return;
    const extent = ol.extent.createEmpty();
    own.forEach((feature) => ol.extent.extend(extent, feature.getGeometry().getExtent()));
    this.map.updateSize();
    this.map.getView().fit(extent, { padding: PADDING, maxZoom: CLOSE_ZOOM });
  }

  zoomTo(place) {
    const view = this.map.getView();
    const to = { center: toMap(place), zoom: Math.max(view.getZoom(), CLOSE_ZOOM) };
    if (this.calm) {
      view.setCenter(to.center);
      view.setZoom(to.zoom);
    } else view.animate({ ...to, duration: MOVE_MS });
  }

  zoomToBox(box) {
    this.map.getView().fit(boxToMap(box), { padding: PADDING, maxZoom: CLOSE_ZOOM + 1, duration: this.calm ? 0 : MOVE_MS });
  }

  zoomToGrid(key) {
    const feature = this.feature(key);
    if (feature) this.map.getView().fit(feature.getGeometry().getExtent(), { padding: PADDING, maxZoom: CLOSE_ZOOM, duration: this.calm ? 0 : MOVE_MS });
  }

  // The words over the map: what the tool that is on waits for.
  say(text) {
    this.note.hidden = text === "";
    setText(this.note, text);
  }

  // Where a stored vertex lies, with every digit, below a place of the map; null where none is.  What is
  // dragged lies elsewhere by now: what the server sent counts.
  exact(coordinate) {
    for (const { shape } of this.editor.grids.values()) {
      for (const ring of shape.coordinates) {
        const found = ring.find((place) => isClose(toMap(place), coordinate));
        if (found) return found;
      }
    }
    return null;
  }
}

function featureOf(grid) {
  const feature = new ol.Feature({ geometry: geometryOf(grid.shape), grid });
  feature.setId(grid.key);
  return feature;
}

// Somebody else's map stays behind ours (draw.css darkens it).
function baseLayers(base) {
  if (!base) return [];
  const { kind, credit, minzoom, maxzoom, tiles, version } = base;
  const options = { url: `${tiles}/{z}/{x}/{y}?v=${version}`, minZoom: minzoom, maxZoom: maxzoom, attributions: credit || undefined };
  if (kind === "raster") return [new ol.layer.Tile({ className: "draw-base ol-layer", source: new ol.source.XYZ({ ...options, crossOrigin: null }) })];
  const source = new ol.source.VectorTile({ ...options, format: new ol.format.MVT() });
  return [new ol.layer.VectorTile({ className: "draw-base-lines ol-layer", source, style: baseStyle, declutter: true })];
}
