// Which cameras a page holds: up to so many all, loaded once; of more those in view, once the map is
// close enough to draw each, or those that filters choose.  Pure: who asks the server is given.

const MOST_AT_ONCE = 5_000;
const MOST_IN_VIEW = 20_000;

export class Points {
  // map: null where there is none.  ask: see api.js.  shown(): others are held now.  chosen(): where filters choose some, a
  // promise of these as a collection, else null.
  constructor(cameras, map, url, { ask, shown, chosen = () => null }) {
    Object.assign(this, { cameras, map, url, ask, shown, chosen });
    this.every = true;
    this.asked = 0;
    this.loading = new Set();
  }

  // What the feed tells while the answer is on its way may be newer than it, so that is told again.
  async load() {
    const asked = (this.asked += 1);
    const meanwhile = [];
    this.loading.add(meanwhile);
    let found;
    try {
      found = await this.find();
    } finally {
      this.loading.delete(meanwhile);
    }
    // The map has moved on since, and asked for what lies there.
    if (asked !== this.asked) return;
    // From afar there is nothing to ask for.
    if (found === null) return this.shown();
    if (this.every && !found.complete) {
      this.every = false;
      this.map?.map.on("moveend", () => this.load().catch(() => {}));
      return this.load();
    }
    this.cameras.replace(found);
    this.map?.sayCrowded(found.complete ? 0 : found.features.length);
    meanwhile.forEach((change) => this.cameras.apply(change));
    this.shown();
  }

  find() {
    if (this.every) return this.collection(`limit=${MOST_AT_ONCE}`);
    const box = this.map?.boxOfEach();
    return this.chosen() ?? (box ? this.collection(`limit=${MOST_IN_VIEW}&bbox=${box}`) : null);
  }

  async collection(query) {
    return (await this.ask(`${this.url}.geojson?${query}`)).body;
  }

  apply(change) {
    this.cameras.apply(change);
    this.loading.forEach((meanwhile) => meanwhile.push(change));
  }
}
