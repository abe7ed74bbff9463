// A map of a moment that is over: the borders of that day, and cameras and events as they stood.  It
// is a map of its own over the desk's, so that nothing of the live stream can be drawn into it.

import * as maplibre from "maplibre-gl";
import { addSigns, kindText, severityText, sign } from "events/icons";
import { stateText } from "maps/cameras";
import * as clock from "maps/clock";
import { PAST_CAMERAS, PAST_EVENTS, pastStyle } from "maps/desk/then/style";
import { filtersOf, setFaded, setShown, setWithin } from "maps/desk/desk_map";
import { MOST_CANVAS_PX, UNIT } from "maps/display/tokens";
import { element } from "maps/element";
import { addIcons, icon } from "maps/icons";
import { addPeople } from "maps/patrols/people_icons";
import { REPLAY_LAYERS } from "maps/patrols/style";

const ICON_SCALE = 3;
const REACH_PX = 6;
const NOTHING = { type: "FeatureCollection", features: [] };

export class PastMap {
  // place: {center, zoom} of another map.  day, edition: whose borders.
  constructor(holder, config, { center, zoom, day, edition }) {
    this.config = config;
    this.shown = { cameras: NOTHING, "past-events": NOTHING, replay: NOTHING, differences: NOTHING };
    this.map = new maplibre.Map({
      container: holder,
      maxCanvasSize: MOST_CANVAS_PX,
      style: pastStyle(config, { day, edition }),
      center,
      zoom,
      localIdeographFontFamily: false,
      attributionControl: config.base?.credit ? { compact: false } : false,
      fadeDuration: 0,
      minZoom: 6,
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
    });
    // Tests and the curious reach the map from its element.
    holder.map = this.map;
    this.borders = edition;
    this.words = new maplibre.Popup({ className: "grid-note", maxWidth: "22rem", offset: 14, focusAfterOpen: false });
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 120 * UNIT }), "bottom-right");
    this.map.touchZoomRotate.disableRotation();
    addIcons(this.map, ICON_SCALE);
    addSigns(this.map, ICON_SCALE);
    if (config.sees_patrols) addPeople(this.map, ICON_SCALE);
    this.map.on("load", () => this.ready());
    this.map.on("click", (event) => this.press(event));
  }

  ready() {
    this.loaded = true;
    this.own = filtersOf(this.map);
    this.arrange(this.narrowed);
    for (const [source, data] of Object.entries(this.shown)) this.draw(source, data);
  }

  draw(source, data) {
    this.shown[source] = data;
    if (this.loaded) this.map.getSource(source)?.setData(data);
  }

  // What of a Past, where it stands, the filters let through; layers that are off stay off.
  show(past, narrowed) {
    this.draw("cameras", past.cameraFeatures(narrowed));
    this.draw("past-events", past.eventFeatures(narrowed));
    if (narrowed !== this.narrowed) this.arrange(narrowed);
  }

  arrange(narrowed) {
    this.narrowed = narrowed;
    if (!this.loaded || !narrowed) return;
    setShown(this.map, { ...narrowed.visible, [PAST_EVENTS]: narrowed.shows.events, ...Object.fromEntries(REPLAY_LAYERS.map((layer) => [layer, narrowed.shows.people])) });
    setFaded(this.map, narrowed.faded);
    setWithin(this.map, this.own, narrowed.area);
  }

  useDay(day, edition) {
    if (edition === this.borders) return;
    this.borders = edition;
    const { sources } = pastStyle(this.config, { day, edition });
    for (const name of ["grids", "divisions"]) this.map.getSource(name)?.setTiles(sources[name].tiles);
  }

  press({ point: { x, y }, lngLat }) {
    if (!this.loaded) return;
    const near = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
    const [event] = this.map.queryRenderedFeatures(near, { layers: [PAST_EVENTS] });
    const [camera] = event ? [] : this.map.queryRenderedFeatures(near, { layers: PAST_CAMERAS });
    if (!event && !camera) return this.words.remove();
    this.words.setLngLat((event ?? camera).geometry?.coordinates ?? lngLat).setDOMContent(event ? eventWords(event.properties, this.config) : cameraWords(camera.properties)).addTo(this.map);
  }

  remove() {
    this.words.remove();
    this.map.remove();
  }
}

// Where the other map looks; the same in both directions, without an echo.
export function follow(one, other) {
  let moving = false;
  const tie = (from, to) => from.on("move", () => {
    if (moving) return;
    moving = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    moving = false;
  });
  tie(one, other);
  tie(other, one);
}

function eventWords({ id, number, kind, severity, state, due }, { urls }) {
  return element(
    "div",
    {},
    element("p", { class: "grid-name" }, sign({ kind, severity, due }), ` ${number ?? id}`),
    element("p", {}, element("strong", {}, eventState(state)), " · ", severityText(severity), " · ", kindText(kind)),
    due === "late" && element("p", { class: "event-due" }, gettext("Was past its closing deadline")),
    element("p", {}, element("a", { href: `${urls.event_pages}${id}/` }, gettext("Open the page of this event"))),
  );
}

function cameraWords({ name, state, since }) {
  return element(
    "div",
    {},
    element("p", { class: "grid-name" }, icon(state), ` ${name}`),
    element("p", {}, element("strong", {}, stateText(state)), since > 0 && ` · ${interpolate(gettext("since %s"), [clock.wholeText(since * 1000)])}`),
  );
}

export function eventState(state) {
  return {
    reported: pgettext("event", "Reported"),
    accepted: pgettext("event", "Accepted"),
    filed: pgettext("event", "Filed"),
    consulting: pgettext("event", "In consultation"),
    dispatched: pgettext("event", "Dispatched"),
    handling: pgettext("event", "Being handled"),
    done: pgettext("event", "Done, to be verified"),
    verified: pgettext("event", "Verified"),
  }[state] ?? state;
}
