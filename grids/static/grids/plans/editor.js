// The plan as this page has it, and the one way to change it.  Each step is stored by the server as it
// is done; what is shown is what the server answered.  No DOM, no map: these listen.
//
// For panels: planId, revision(), community(), selected(), onChange(fn), onSelect(fn), apply(operations),
// showPlaces(geojson or null), zoomTo([lon, lat]).  onChange tells after each step that the server has
// taken, by whomever; fn gets the editor.

import { ask } from "maps/api";

export class Editor {
  constructor(config, { trouble = () => {} } = {}) {
    Object.assign(this, { config, trouble, planId: config.plan });
    this.grids = new Map();
    this.state = { revision: 0, community: "", communities: [], locked: [], steps: [], findings: [], changed: [] };
    this.chosen = [];
    this.listeners = { change: [], select: [], busy: [] };
    this.tail = Promise.resolve();
    this.waiting = 0;
    this.view = { showPlaces() {}, zoomTo() {} };
  }

  // ---- What panels ask -----------------------------------------------------------------------------

  revision() {
    return this.state.revision;
  }

  community() {
    return this.state.community;
  }

  selected() {
    return [...this.chosen];
  }

  onChange(listener) {
    this.listeners.change.push(listener);
  }

  onSelect(listener) {
    this.listeners.select.push(listener);
  }

  onBusy(listener) {
    this.listeners.busy.push(listener);
  }

  showPlaces(geojson) {
    this.view.showPlaces(geojson);
  }

  zoomTo(place) {
    this.view.zoomTo(place);
  }

  get mayDraw() {
    return Boolean(this.state.may_draw);
  }

  grid(key) {
    return this.grids.get(key);
  }

  own() {
    return [...this.grids.values()].filter((grid) => grid.own);
  }

  isLocked(key) {
    return this.state.locked.includes(key);
  }

  // ---- Choosing ------------------------------------------------------------------------------------

  select(keys) {
    const known = keys.filter((key) => this.grids.has(key));
    if (known.join() === this.chosen.join()) return;
    this.chosen = known;
    this.tell("select");
  }

  toggle(key) {
    this.select(this.chosen.includes(key) ? this.chosen.filter((one) => one !== key) : [...this.chosen, key]);
  }

  // ---- What the server knows -----------------------------------------------------------------------

  // Everything anew, of another community where one is named.
  load(community = this.state.community) {
    return this.inTurn(() => this.read(community));
  }

  async read(community) {
    const query = community ? `?community=${encodeURIComponent(community)}` : "";
    const { body } = await ask(`${this.config.urls.plan}drawing/${query}`);
    const { grids, ...state } = body;
    this.grids = new Map(grids.map((grid) => [grid.key, grid]));
    this.state = state;
    this.chosen = this.chosen.filter((key) => this.grids.has(key));
    this.tell("change");
    this.tell("select");
  }

  // Operations as grids/plan/operations.py reads them, each with all its fields.  All are done, or
  // none; the promise rejects with the refusal: message for people, status, and detail with flaw, grids,
  // place ([lon, lat] or null) and step.
  apply(operations) {
    return this.change("operations", { operations }, { operations });
  }

  undo() {
    return this.change("undo", {}, {});
  }

  redo() {
    return this.change("redo", {}, {});
  }

  async lock(grids, locked) {
    return this.inTurn(() => this.posted("locks", { grids, locked }).then((told) => this.take({ grids: [], gone: [], ...told })));
  }

  // What operations would make of the grids: { grids, gone }; nothing changes.
  async preview(operations) {
    await this.tail.catch(() => {});
    return this.post("preview", { operations });
  }

  // The figures of these grids, before and after: as the report has them, nothing changes.
  async previewFigures(operations) {
    await this.tail.catch(() => {});
    return this.post("preview/figures", { operations });
  }

  async asked(what, query = {}) {
    const { body } = await ask(`${this.config.urls.plan}${what}/?${new URLSearchParams({ community: this.state.community, ...query })}`);
    return body;
  }

  change(what, told, { operations = null }) {
    return this.inTurn(() => this.posted(what, told, operations).then((answer) => this.take(answer)));
  }

  // Whoever was first is shown, and what was to be done is kept for whoever asks (`trouble`).
  async posted(what, told, operations = null) {
    try {
      return await this.post(what, told);
    } catch (refusal) {
      if (refusal.status === 409) {
        const seen = this.state.revision;
        await this.read(this.state.community).catch(() => {});
        if (operations && this.isMine(operations, seen)) return { grids: [], gone: [] };
        this.trouble({ refusal, what, operations });
      } else if (isAway(refusal)) {
        this.trouble({ refusal, what, operations });
      }
      throw refusal;
    }
  }

  async post(what, told) {
    const { revision, community } = this.state;
    const { body } = await ask(`${this.config.urls.plan}${what}/`, { method: "POST", csrf: this.config.csrf, body: { revision, community, ...told } });
    return body;
  }

  // The answer to a step may be lost on the way: the step is there all the same.
  isMine(operations, seen) {
    const { editor_id: editor, last, revision } = this.state;
    return editor === this.config.user && revision === seen + 1 && operations.length === 1 && same(operations[0], last);
  }

  take({ grids, gone, counts = [], ...state }) {
    gone.forEach((key) => this.grids.delete(key));
    grids.forEach((grid) => this.grids.set(grid.key, grid));
    Object.assign(this.state, state);
    const counted = new Map(counts.map((one) => [one.code, one]));
    this.state.communities = this.state.communities.map((one) => ({ ...one, ...counted.get(one.code) }));
    this.chosen = this.chosen.filter((key) => this.grids.has(key));
    this.tell("change");
    this.tell("select");
  }

  // ---- Order ---------------------------------------------------------------------------------------

  // One after the other: each step is drawn on what the one before has left.
  inTurn(act) {
    this.waiting += 1;
    this.tell("busy");
    const done = this.tail.catch(() => {}).then(act);
    this.tail = done;
    const over = () => {
      this.waiting -= 1;
      this.tell("busy");
    };
    done.then(over, over);
    return done;
  }

  tell(what) {
    this.listeners[what].forEach((listener) => listener(this));
  }
}

// It was not the step that was refused: the server is away or busy, or does not know who asks any more.
function isAway({ status }) {
  return status === 0 || status >= 500 || [401, 403, 429].includes(status);
}

function same(one, other) {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}
