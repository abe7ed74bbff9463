// Where the phone is, for as long as a report is being written and no longer: no track is kept.

const PATIENCE_MS = 60_000;
const GOOD_M = 15;
export const POOR_M = 100;

export class Position {
  // changed(place, problem): place is { lon, lat, accuracy_m }, the best so far.
  constructor(changed) {
    this.changed = changed;
    this.best = null;
    this.watching = null;
  }

  start() {
    if (!window.isSecureContext || !navigator.geolocation) {
      this.changed(null, gettext("This phone tells its position to https addresses only: show the place on the map."));
      return;
    }
    this.stop();
    this.best = null;
    this.watching = navigator.geolocation.watchPosition(
      ({ coords }) => this.take(coords),
      ({ code }) => this.fail(code),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 10_000 },
    );
    this.timer = setTimeout(() => this.stop(), PATIENCE_MS);
  }

  take({ longitude, latitude, accuracy }) {
    if (this.best && this.best.accuracy_m <= accuracy) return;
    this.best = { lon: longitude, lat: latitude, accuracy_m: accuracy };
    this.changed(this.best, "");
    if (accuracy <= GOOD_M) this.stop();
  }

  fail(code) {
    if (this.best) return;
    const denied = gettext("The phone does not tell its position to this page: allow it in the browser's settings, or show the place on the map.");
    const silent = gettext("The phone finds no position: go outside, or show the place on the map.");
    this.changed(null, code === 1 ? denied : silent);
  }

  stop() {
    if (this.watching !== null) navigator.geolocation.clearWatch(this.watching);
    clearTimeout(this.timer);
    this.watching = null;
  }
}
