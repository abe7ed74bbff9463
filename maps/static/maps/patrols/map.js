// What the map shows of people on duty, and what a press on it does.

import * as maplibre from "maplibre-gl";
import { element } from "maps/element";
import { PEOPLE_LAYERS, PERSON_LAYER, REPLAY_LAYERS } from "maps/patrols/style";
import { PersonNote } from "maps/patrols/person";

const HEAP_STEP = 2;

export class PatrolMap {
  constructor(map, url) {
    Object.assign(this, { map, url });
    this.shown = { people: [], replay: [], track: [], "track-points": [] };
    this.wanted = true;
    this.replaying = false;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.words = new maplibre.Popup({ className: "grid-note", maxWidth: "22rem", offset: 12, focusAfterOpen: false });
  }

  // tracked, sent: see PersonNote.
  listen(told) {
    this.note = new PersonNote(this.map, this.url, told);
  }

  ready() {
    this.loaded = true;
    for (const [source, features] of Object.entries(this.shown)) this.draw(source, features);
    this.arrange();
  }

  get pressed() {
    return [PERSON_LAYER, "person-heaps", "track-doubted", "track-stops", "replay"];
  }

  draw(source, features) {
    this.shown[source] = features;
    if (this.loaded && this.map.style) this.map.getSource(source).setData({ type: "FeatureCollection", features });
  }

  showPeople(people) {
    this.draw("people", people.features().features);
    if (this.note?.id !== null && this.note?.id !== undefined) this.note.follow(people.get(this.note.id));
  }

  showTrack(ways, signs) {
    this.draw("track", ways);
    this.draw("track-points", signs);
    if (signs.length === 0) this.words.remove();
  }

  // While a shift is played again nobody stands there twice.
  setReplaying(on) {
    this.replaying = on;
    this.arrange();
  }

  setWanted(on) {
    this.wanted = on;
    this.arrange();
    if (!on) this.note?.close();
  }

  arrange() {
    if (!this.loaded) return;
    const show = (layers, on) => layers.forEach((layer) => this.map.setLayoutProperty(layer, "visibility", on ? "visible" : "none"));
    show(PEOPLE_LAYERS, this.wanted && !this.replaying);
    show(REPLAY_LAYERS, this.replaying);
  }

  // Whether something of ours was pressed.
  press({ x, y }, near) {
    const [hit] = this.map.queryRenderedFeatures(near, { layers: this.replaying ? ["replay"] : [PERSON_LAYER] });
    if (hit) {
      this.note.open(hit.properties.duty, hit.geometry.coordinates);
      return true;
    }
    const [sign] = this.map.queryRenderedFeatures(near, { layers: ["track-stops", "track-doubted"] });
    if (sign) {
      this.words.setLngLat(sign.geometry.coordinates).setDOMContent(element("p", {}, sign.properties.words)).addTo(this.map);
      return true;
    }
    const [heap] = this.map.queryRenderedFeatures([x, y], { layers: ["person-heaps"] });
    if (heap) this.map.easeTo({ center: heap.geometry.coordinates, zoom: this.map.getZoom() + HEAP_STEP, duration: this.calm.matches ? 0 : 500 });
    return Boolean(heap);
  }
}
