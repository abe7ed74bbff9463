// The card of one camera: what is wrong, what to do, what the last check saw, and its picture.

import { ask } from "maps/api";
import { aroundButton } from "maps/around";
import { stateText } from "maps/cameras";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { icon } from "maps/icons";
import { Picture } from "maps/picture";

export class Card {
  // closed(): the card was put away.  around: see aroundButton.
  constructor(holder, config, { closed, around = null }) {
    Object.assign(this, { holder, config, closed, around });
    this.id = null;
    addEventListener("keydown", (event) => {
      // A window over the page goes first.
      if (event.key === "Escape" && this.id !== null && !document.querySelector("dialog[open]")) this.close();
    });
  }

  async open(id) {
    this.openedFrom = document.activeElement;
    this.id = id;
    this.picture = null;
    this.holder.hidden = false;
    this.holder.replaceChildren(this.head("", null), element("p", { class: "wait" }, gettext("Loading…")));
    this.holder.querySelector("button").focus();
    await this.refresh();
  }

  close() {
    this.id = null;
    this.question = null;
    this.picture = null;
    this.ticking = [];
    this.holder.hidden = true;
    this.holder.replaceChildren();
    if (this.openedFrom?.isConnected) this.openedFrom.focus();
    this.closed();
  }

  // Asks for the camera anew.  An answer that another question has overtaken, or to a card that is
  // no longer open, is dropped: it may tell of an older state.
  async refresh() {
    if (this.id === null) return;
    const question = {};
    this.question = question;
    try {
      const { body } = await ask(`${this.config.urls.cameras}/${this.id}/`);
      if (this.question === question) this.show(body);
    } catch (error) {
      if (this.question === question) this.showFailure(error.message);
    }
  }

  // A change of the feed: of this camera's state, or of a picture of it.
  changed({ topic, subject, data }) {
    if (this.id === null) return;
    if (topic === "camera" && (subject === String(this.id) || data?.moved)) this.refresh();
    if (topic !== "snapshot" || String(data.camera) !== String(this.id)) return;
    this.picture?.arrived(data);
    // The feed has one language for all; the card asks in the reader's why there is no picture.
    if (data.failure) this.refresh();
  }

  showFailure(text) {
    const again = element("button", { type: "button" }, gettext("Try again"));
    again.addEventListener("click", () => this.refresh());
    this.replace(this.head("", null), element("p", { class: "notice" }, text), again);
  }

  show(camera) {
    this.ticking = [];
    if (this.config.sees_pictures) {
      this.picture ??= new Picture(this.config, camera.id);
      this.picture.show(camera);
    }
    this.replace(
      this.head(camera.name, camera.state),
      this.state(camera),
      this.picture?.node,
      this.facts(camera),
      this.ladder(camera),
      this.history(camera),
      aroundButton(this.around, `cameras:${camera.id}`, camera.name),
      element("p", { class: "card-page" }, element("a", { href: camera.page }, gettext("Open the page of this camera"))),
    );
    this.tick();
  }

  // Puts new content in place and the focus back on what had it.
  replace(...parts) {
    const had = this.holder.contains(document.activeElement) && document.activeElement.dataset.role;
    const top = this.holder.scrollTop;
    this.holder.replaceChildren(...parts.filter(Boolean));
    this.holder.scrollTop = top;
    if (had) this.holder.querySelector(`[data-role="${had}"]`)?.focus();
  }

  head(name, state) {
    const label = gettext("Close");
    const close = element(
      "button",
      { type: "button", class: "close quiet", "aria-label": label, title: label, "data-role": "close" },
      "×",
    );
    close.addEventListener("click", () => this.close());
    return element("header", { class: "card-head" }, state && icon(state), element("h2", {}, name), close);
  }

  state(camera) {
    const since = element("span", { class: "since" });
    if (camera.since) {
      const at = Date.parse(camera.since);
      this.ticking.push(() => {
        const words = clock.lengthText(clock.now() - at);
        setText(since, interpolate(gettext("for %s, since %s"), [words, clock.timeText(at)]));
      });
    }
    return element(
      "div",
      { class: "card-state", "data-state": camera.state },
      element("p", { class: "card-word" }, element("strong", {}, stateText(camera.state)), " ", camera.unstable && element("em", {}, gettext("Unstable")), " ", since),
      ...(camera.state === "online" ? [] : trouble(camera)),
    );
  }

  facts(camera) {
    const team = [camera.team.name, camera.team.phone].filter(Boolean).join(" · ");
    const rows = [
      [gettext("Code"), camera.code],
      [gettext("Address"), camera.address],
      [gettext("Grid"), camera.grid?.name],
      [gettext("Owner"), camera.owner],
      [gettext("Repair team"), team],
      [gettext("Connected through"), camera.upstream?.name],
    ];
    return element(
      "dl",
      { class: "facts" },
      ...rows.filter(([, value]) => value).flatMap(([word, value]) => [
        element("dt", {}, word),
        element("dd", {}, value),
      ]),
    );
  }

  // The questions of the last check in their order, and how long each answer took.  Of equal results
  // one in a while is kept, so the camera may have been asked since, with the same result.
  ladder({ probes, last_probe_at: asked_at }) {
    const [last] = probes ?? [];
    if (!last) return element("p", { class: "wait" }, gettext("Not checked yet."));
    const ago = element("span", { class: "muted" });
    const asked = Math.max(Date.parse(last.at), asked_at ? Date.parse(asked_at) : 0);
    this.ticking.push(() => setText(ago, clock.agoText(asked)));
    const of = asked > Date.parse(last.at) && element("p", { class: "muted ladder-of" }, interpolate(gettext("Same result as at %s, whose steps these are"), [clock.exactText(Date.parse(last.at))]));
    return element(
      "section",
      { class: "ladder" },
      element("h3", {}, gettext("Last check"), " ", ago),
      of,
      element("ol", {}, ...last.steps.map(rung)),
      element("p", { class: "ladder-total" }, interpolate(gettext("%s ms in all"), [Math.round(last.took_ms)])),
    );
  }

  history({ probes }) {
    if (!probes?.length) return null;
    const marks = [...probes].reverse().map((probe) => {
      const text = `${clock.exactText(Date.parse(probe.at))} ${probe.reason_text}`;
      return element("li", { "data-ok": probe.reason === "ok", title: text }, element("span", { class: "unseen" }, text));
    });
    return element(
      "section",
      { class: "history" },
      element("h3", {}, interpolate(gettext("Last %s kept results, newest on the right"), [probes.length])),
      element("ol", {}, ...marks),
    );
  }

  tick() {
    for (const update of this.ticking ?? []) update();
    this.picture?.tick();
  }
}

// What is wrong, the likely cause, the device's own words, and the next thing to try.
function trouble({ reason_text, cause, detail_text: detail, remedy }) {
  return [
    element("p", { class: "card-reason" }, reason_text),
    element("p", { class: "card-cause" }, cause),
    detail && element("p", { class: "card-detail" }, interpolate(gettext("Technical detail: %s"), [detail])),
    element("p", { class: "card-advice" }, element("b", {}, gettext("What to do")), remedy),
  ].filter(Boolean);
}

// Steps by the names they are stored under; one that is new here keeps its own.
const STEPS = {
  tcp_connect: () => gettext("Connect"),
  rtsp_options: () => gettext("Ask what it can do"),
  rtsp_describe: () => gettext("Sign in and describe the stream"),
  rtsp_setup: () => gettext("Agree on the way of the pictures"),
  rtsp_play: () => gettext("Have the pictures sent"),
  onvif_clock: () => gettext("Ask its clock (ONVIF)"),
  onvif_device: () => gettext("Ask what device it is (ONVIF)"),
};

function rung(step) {
  const good = step.reason === "ok";
  return element(
    "li",
    { "data-ok": good },
    element("span", { class: "rung-sign", "aria-hidden": "true" }, good ? "✓" : "✕"),
    element("span", { class: "rung-name" }, STEPS[step.step]?.() ?? step.step),
    element("span", { class: "rung-said" }, good ? "" : (step.reason_text)),
    element("span", { class: "rung-ms" }, interpolate(gettext("%s ms"), [Math.round(step.took_ms)])),
  );
}
