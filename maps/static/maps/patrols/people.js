// Who is on duty and where they were last heard of: what the server said, asked for anew when the feed
// says that somebody has moved; never once a position.

import { ask } from "maps/api";
import * as clock from "maps/clock";

// As the server counts: not heard of for so long, a sign fades, and then is hollow.
const STALE_MS = 120_000;
const OFFLINE_MS = 600_000;
const EVERY_MS = 2_000;
// Answers overlap: what was being written when the one before was given may have come after it.
const OVERLAP_MS = 10_000;
const MOVING_MS = 0.4;

export class People {
  // shown(): something has changed.
  constructor(url, { shown }) {
    Object.assign(this, { url, shown });
    this.byDuty = new Map();
    this.askedAt = null;
    this.wait = null;
    this.busy = false;
    this.wanted = false;
  }

  // The feed tells of a street; many that move together are one question.
  changed() {
    this.wait ??= setTimeout(() => {
      this.wait = null;
      this.refresh();
    }, EVERY_MS);
  }

  // Everything anew: whoever's duty is over is nowhere then.
  load() {
    this.askedAt = null;
    return this.refresh();
  }

  // One question at a time; what is told meanwhile is asked for after it.
  async refresh() {
    this.wanted = true;
    if (this.busy) return;
    this.busy = true;
    while (this.wanted) {
      this.wanted = false;
      await this.ask().catch(() => (this.askedAt = null));
    }
    this.busy = false;
    this.shown();
  }

  async ask() {
    const since = this.askedAt === null ? "" : `?since=${encodeURIComponent(new Date(this.askedAt - OVERLAP_MS).toISOString())}`;
    const { body } = await ask(`${this.url}/positions/${since}`);
    if (!since) this.byDuty.clear();
    for (const { properties, geometry } of body.features) {
      const [lon, lat] = geometry.coordinates;
      this.byDuty.set(properties.duty, { ...properties, lon, lat, heardAt: Date.parse(properties.at) });
    }
    this.askedAt = Date.parse(body.now);
  }

  get(duty) {
    return this.byDuty.get(Number(duty));
  }

  features() {
    return { type: "FeatureCollection", features: [...this.byDuty.values()].map(feature) };
  }
}

export function stageOf(heardAt) {
  const age = clock.now() - heardAt;
  return age > OFFLINE_MS ? "offline" : age > STALE_MS ? "stale" : "live";
}

function feature(person) {
  const stage = stageOf(person.heardAt);
  const isMoving = stage === "live" && person.bearing !== null && (person.speed_ms ?? 0) > MOVING_MS;
  return {
    type: "Feature",
    id: person.duty,
    geometry: { type: "Point", coordinates: [person.lon, person.lat] },
    properties: {
      duty: person.duty,
      force: person.force,
      stage,
      label: stage === "live" ? person.name : `${person.name} ${clock.lengthText(clock.now() - person.heardAt)}`,
      bearing: isMoving ? person.bearing : -1,
    },
  };
}
