// What wall and desk have in common: the live map with its cameras, the card, the finder, the feed and
// the clock.  What each does besides comes as acts.

import * as address from "maps/address";
import { ask, askAgain, missing } from "maps/api";
import { Banner } from "maps/banner";
import { Burst, CLOSE_TOGETHER } from "maps/burst";
import { Cameras } from "maps/cameras";
import { Card } from "maps/card";
import * as clock from "maps/clock";
import { setText } from "maps/element";
import { Finder } from "maps/find";
import { LiveFeed } from "maps/live";
import { mapIn } from "maps/map";
import { CoverageView } from "maps/patrols/coverage";
import { Points } from "maps/points";

const REFRESH_EVERY_MS = 60_000;
const EVENTS_EVERY_MS = 2_000;
const EDITION_RETRY_MS = 5_000;

export const at = (id) => document.getElementById(id);

// The page's own element with what the server says of it; from here on its clock is the district's.
export function configOf(id) {
  const config = JSON.parse(at(id).textContent);
  clock.showIn(config.time_zone);
  return config;
}

export class MapPage {
  // load(): everything anew, a promise.  repaint(): cameras have changed.  relist(): outages have.
  // held(): other cameras are held.  changed(change), minute(), tick(): besides what is done here.
  // picked(id or null), find(id): a camera's place where the page does not hold it.  told(state): the
  // feed's.  events(): events have changed.  seen(kind): another layer of what has been seen.
  // asFile(): what of the view is other than usual there, see WallMap.asFile.  around, chosen: see
  // aroundButton and Points.
  constructor(config, { around = null, chosen, ...acts }) {
    Object.assign(this, { config, acts });
    this.cameras = new Cameras();
    this.banner = new Banner(at("banner"), at("live"), config);
    this.card = new Card(at("card"), config, { closed: () => this.closed(), around });
    this.map = mapIn(at("map"), config, { picked: (id) => this.openCard(id, false), trouble: (text) => this.banner.trouble(text), around });
    this.points = new Points(this.cameras, this.map, config.urls.cameras, { ask, shown: acts.held, chosen });
    this.coverage = config.layers.blind ? this.makeCoverage() : null;
    this.repaint = new Burst(acts.repaint, CLOSE_TOGETHER);
    this.relist = new Burst(acts.relist, CLOSE_TOGETHER);
    this.reload = new Burst(() => acts.load().catch(acts.relist), CLOSE_TOGETHER);
    this.eventsWait = null;
    new Finder(at("find"), config.urls.find, { chosen: (item) => this.goTo(item) });
    this.feed = new LiveFeed({
      ticketUrl: config.urls.ticket,
      csrf: config.csrf,
      user: config.user,
      load: acts.load,
      changed: (change) => this.changed(change),
      told: (state, why) => {
        this.banner.tell(state, why, this.feed?.heardAt ?? null);
        acts.told?.(state);
      },
      returned: () => location.reload(),
    });
    // What the map shows goes along to the page of files, at the moment of the press.
    at("as-file").addEventListener("click", ({ currentTarget }) => {
      if (this.map) currentTarget.search = this.map.asFile(this.asFile());
    });
  }

  // See WallMap.asFile.
  asFile() {
    const { lacks = [], ...own } = this.acts.asFile?.() ?? {};
    const seen = { covered: "coverage", blind: "unseen" }[this.coverage?.kind] ?? "";
    return { figure: seen, ...own, lacks: seen && !this.coverage.isToday ? ["seen", ...lacks] : lacks };
  }

  makeCoverage() {
    const { config, acts } = this;
    return new CoverageView(at("coverage"), config.urls.patrols, {
      asks: (kind, query) => {
        this.map?.showSeen(kind, query);
        acts.seen?.(kind);
      },
      showsVideo: (features) => this.map?.showVideo(features),
      extent: config.extent,
      rounds: config.urls.rounds,
      rules: config.coverage_rules,
      seesPatrols: config.sees_patrols,
    });
  }

  start() {
    this.tick();
    setInterval(() => this.tick(), 1_000);
    setInterval(() => this.minute(), REFRESH_EVERY_MS);
    address.follow((id) => this.followAddress(id));
    this.feed.start();
  }

  tick() {
    setText(at("clock"), `${clock.dayText()} ${clock.clockText()}`);
    this.lookForMissing();
    this.acts.tick?.();
    this.card.tick();
  }

  // When what was missing comes again, everything else is asked for too.
  lookForMissing() {
    const was = this.banner.missing;
    this.banner.miss(missing());
    if (was && !this.banner.missing) this.minute();
  }

  // What no change of the feed tells: colours that follow the time, what nobody has seen anew and is
  // older by a minute, the last check of the open card.
  minute() {
    this.refreshEdition();
    this.refreshEvents();
    this.coverage?.changed((kind) => this.map?.refreshSeen(kind));
    this.card.refresh();
    this.acts.minute();
  }

  changed(change) {
    const { topic } = change;
    if (topic === "shapes" || topic === "territory") return this.refreshEdition();
    // A boundary plan gave cameras of a street to other grids: too many to tell one by one.
    if (topic === "camera" && change.data?.moved) this.reload.call();
    else if (topic === "camera") {
      this.points.apply(change);
      this.repaint.call();
    }
    if (topic === "outage") this.relist.call();
    if (topic === "event") this.eventChanged(change);
    if (topic === "coverage") this.coverage?.changed((kind) => this.map?.refreshSeen(kind));
    // All cameras of a site became unknown together, or may be known again: too many to tell one by one.
    if (topic === "notice") this.reload.call();
    this.acts.changed(change);
    this.card.changed(change);
  }

  // Many that move together are one look at the tiles.
  eventChanged({ subject }) {
    this.map?.eventNote?.changed(subject);
    this.eventsWait ??= setTimeout(() => {
      this.eventsWait = null;
      this.refreshEvents();
    }, EVENTS_EVERY_MS);
  }

  refreshEvents() {
    this.map?.refreshEvents();
    this.acts.events?.();
  }

  async refreshEdition() {
    clearTimeout(this.editionRetry);
    try {
      this.map?.useEdition((await askAgain(this.config.urls.edition)).body.edition);
    } catch {
      // Borders stay as they are; the banner says what is wrong.
      this.editionRetry = setTimeout(() => this.refreshEdition(), EDITION_RETRY_MS);
    }
  }

  // ---- One thing -----------------------------------------------------------------------------------

  // From a list the map goes there; a click on the map leaves it where it is.
  openCard(id, go) {
    this.card.open(id);
    this.pick(this.cameras.get(id) ?? this.acts.find?.(id), { go, covered_px: coveredByCard() });
    address.write(id);
  }

  closed() {
    this.pick(null);
    address.write(null);
  }

  pick(camera, options) {
    this.map?.pick(camera, options);
    this.acts.picked?.(camera?.id ?? null);
  }

  // Where something found lies; returns what is to be said of it.
  goTo({ id, box, area, opens }) {
    if (opens === "camera") this.openCard(id, false);
    else if (this.card.id !== null) this.card.close();
    if (box === null) return gettext("It has no place on the map.");
    this.map?.visit(box, { area, covered_px: coveredByCard() });
    if (opens === "event") this.map?.visitEvent(id, box);
    return "";
  }

  // When everything has come anew: the card that is open, or the one that the address names.
  refreshCard() {
    if (this.card.id === null) this.followAddress(address.read());
    else this.card.refresh();
  }

  // What the address says, when the page comes up and when the reader goes back or forth.
  followAddress(id) {
    if (!this.config.sees_cameras || id === this.card.id) return;
    if (id === null) this.card.close();
    else this.openCard(id, true);
  }
}

// How much of the map's width the card takes away; on a phone it hides the map, and nothing is gained.
function coveredByCard() {
  const [{ width: whole }, { width }] = [at("map"), at("card")].map((box) => box.getBoundingClientRect());
  return width < whole ? width : 0;
}
