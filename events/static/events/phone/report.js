// Writing a report: kind, entry, then one page with photo, place and words.  What is written is kept on
// the phone at once; "send" puts it into the queue, whether there is signal or not.

import { metresOutside } from "phone/area";
import { button, complain, drawing, element, fill, name } from "phone/element";
import { Picker } from "phone/picker";
import { Position, POOR_M } from "phone/place";
import { addPhoto, photosOf, removePhoto, removeReport, reportsOf, saveReport } from "phone/store";
import { accuracy, clock, distance, newId } from "phone/words";

const SAVE_MS = 400;
const MARKS = {
  safety: "M12 3 4.5 6v5.5c0 4.5 3 7.6 7.5 9.5 4.5-1.9 7.5-5 7.5-9.5V6zM8.8 12l2.3 2.3 4.2-4.5",
  opinion: "M4 5h16v11H12l-4.5 4v-4H4zM8 9h8M8 12h5",
  service: "M4 20V8l6-3v15M10 20V11h10v9M2.5 20h19M6.5 11h1M6.5 14h1M13.5 14h1M16.5 14h1M13.5 17h1M16.5 17h1",
  emergency: "M12 3 2.5 20h19zM12 10v5M12 17.4v.2",
};

export class ReportPage {
  // send(): the queue has one more.
  constructor(box, config, session, send) {
    // shown: the version of the catalogue whose kinds are on the page, to choose from.
    // turn: of the last `show`; one that another overtook, or a press, draws nothing any more.
    Object.assign(this, { box, config, session, send, shown: null, turn: 0 });
    this.position = new Position((place, problem) => this.found(place, problem));
  }

  async show() {
    this.leave();
    const { form } = this.session;
    if (!form) {
      fill(this.box, element("p", { class: "empty" }, gettext("Sign in once with signal: then this page works without.")));
      return;
    }
    const { turn } = this;
    const drafts = (await reportsOf(form.me.id)).filter(({ state }) => state === "draft");
    if (turn !== this.turn) return;
    const kinds = form.kinds.filter(({ groups }) => groups.length);
    this.shown = form.version;
    fill(
      this.box,
      ...drafts.map((draft) => this.draftCard(draft)),
      element("h2", {}, gettext("What is it about?")),
      kinds.length ? element("div", { class: "kinds" }, kinds.map((kind) => this.kindButton(kind))) : element("p", { class: "empty" }, gettext("The catalogue has no entries yet.")),
    );
  }

  // Another catalogue has come; whoever has chosen a kind already is not thrown back.
  async renew() {
    if (this.shown !== null && this.shown !== this.session.form?.version) await this.show();
  }

  leave() {
    this.turn += 1;
    this.shown = null;
    this.position.stop();
    this.map?.remove();
    this.map = null;
    this.report = null;
  }

  draftCard(draft) {
    const go = () => this.edit(draft);
    const drop = async () => {
      if (!confirm(gettext("Throw this draft away?"))) return;
      await removeReport(draft.client_id);
      await this.show();
    };
    return element("div", { class: "card draft" },
      element("p", {}, element("b", {}, name(draft.category_name)), ` · ${gettext("draft")} ${clock(draft.seen_at)}`),
      element("div", { class: "acts" }, button(gettext("Go on writing"), go, { class: "main" }), button(gettext("Throw away"), drop)));
  }

  kindButton(kind) {
    return button([MARKS[kind.kind] && drawing(MARKS[kind.kind]), element("span", {}, kind.name)], () => this.entries(kind), { class: "kind", "data-kind": kind.kind });
  }

  entries(kind) {
    this.turn += 1;
    this.shown = null;
    // Asked while the entry is being chosen, so that the place is there with the form.
    this.place = null;
    this.placeProblem = "";
    this.position.start();
    const press = (entry) => this.begin(kind, entry);
    fill(
      this.box,
      this.backButton(() => this.show()),
      element("h2", {}, kind.name),
      ...kind.groups.map((group) => element("section", { class: "group" },
        element("h3", {}, name(group.name)),
        element("div", { class: "entries" }, group.entries.map((entry) => button([element("b", {}, name(entry.name)), entry.hint && element("small", {}, name(entry.hint)), entry.needs_photo && element("small", { class: "needs-photo" }, gettext("with a photo"))], () => press(entry), { class: "entry", "data-code": entry.code }))))),
    );
    window.scrollTo(0, 0);
  }

  backButton(press) {
    return button(`‹ ${gettext("Back")}`, press, { class: "back" });
  }

  async begin(kind, entry) {
    const { me } = this.session;
    this.report = {
      client_id: newId(),
      user: me.id,
      user_name: me.name,
      state: "draft",
      kind: kind.kind,
      category: entry.code,
      category_name: entry.name,
      text: "",
      address: "",
      lon: this.place?.lon ?? null,
      lat: this.place?.lat ?? null,
      accuracy_m: this.place?.accuracy_m ?? null,
      pointed: false,
      outside_reason: "",
      position_checked: false,
      seen_at: new Date().toISOString(),
      saved_at: Date.now(),
      questions: [],
      problem: "",
    };
    await this.write([]);
  }

  // A draft, or one that the server has asked about or refused.
  async edit(report) {
    this.leave();
    this.report = { ...report, state: "draft" };
    this.placeProblem = "";
    if (report.lon === null) this.position.start();
    await this.keepNow();
    await this.write(await photosOf(report.client_id));
  }

  async write(photos) {
    const { limits } = this.session.form;
    this.picker = new Picker(limits, { photos, add: (photo) => this.addPhoto(photo), remove: ({ client_id }) => removePhoto(client_id) });
    this.placeBox = element("div", { class: "place" });
    this.outsideBox = element("div");
    this.problemBox = element("p", { class: "problem", role: "alert", hidden: true, id: "report-problem" });
    const area = this.field("text", element("textarea", { rows: 3, maxlength: limits.text, id: "report-text", placeholder: gettext("What is to be seen? (may stay empty)") }));
    const address = this.field("address", element("input", { maxlength: limits.address, id: "report-address", autocomplete: "off", placeholder: gettext("Address or landmark (may stay empty)") }));
    this.sendButton = button(gettext("Send"), () => this.queue(), { class: "main send", id: "send" });
    fill(
      this.box,
      this.backButton(() => this.show()),
      element("h2", {}, name(this.report.category_name)),
      this.report.problem && element("p", { class: "problem", role: "alert" }, this.report.problem),
      ...this.report.questions.map((question) => this.question(question)),
      this.asksForPhoto() && element("p", { class: "needs-photo" }, gettext("This is only taken with a photo.")),
      this.picker.box,
      this.placeBox,
      this.outsideBox,
      area,
      address,
      this.problemBox,
      element("div", { class: "send-bar" }, this.sendButton),
    );
    this.showPlace();
    window.scrollTo(0, 0);
    await this.keepNow();
  }

  field(what, input) {
    input.value = this.report[what];
    input.setAttribute("aria-label", input.placeholder);
    input.addEventListener("input", () => {
      this.report[what] = input.value;
      this.keepSoon();
    });
    return input;
  }

  // What only the reporter can know: see docs/events-on-the-phone.md.
  question(question) {
    if (question.kind === "frame") return this.frameQuestion(question);
    return this.outsideQuestion(interpolate(gettext("The place lies outside your area, in %s."), [question.grid]));
  }

  outsideQuestion(told) {
    const why = this.field("outside_reason", element("input", { maxlength: this.session.form.limits.reason, id: "outside-reason", placeholder: gettext("Why do you report it there?") }));
    return element("div", { class: "card question", id: "outside" }, element("p", {}, told), why);
  }

  // Asked on the phone as soon as the place is known; the server asks by its own knowledge.
  askOutside() {
    const far_m = this.outside();
    const there = this.outsideBox.firstChild;
    if (!far_m) return fill(this.outsideBox);
    const told = interpolate(gettext("The place seems to lie outside your area, by about %s."), [distance(far_m)]);
    if (there) there.firstChild.textContent = told;
    else fill(this.outsideBox, this.outsideQuestion(told));
  }

  // How far outside as the phone sees it, in metres; 0 inside, and where the server has asked already.
  outside() {
    const { lon, lat, accuracy_m, questions } = this.report;
    if (lon === null || questions.some(({ kind }) => kind === "outside")) return 0;
    return metresOutside(this.session.form.area, { lon, lat, accuracy_m });
  }

  frameQuestion(question) {
    const box = element("div", { class: "card question" });
    const told = interpolate(gettext("Is the position about %(distance)s m off? The place would be to the %(direction)s, in %(grid)s."), { distance: question.distance_m, direction: question.direction, grid: question.grid }, true);
    const move = () => {
      this.put({ lon: question.lon, lat: question.lat, accuracy_m: this.report.accuracy_m }, this.report.pointed);
      this.answered("frame");
      this.answered("outside");
    };
    const stay = () => {
      this.report.position_checked = true;
      this.answered("frame");
    };
    box.append(element("p", {}, told), element("div", { class: "acts" }, button(gettext("Yes, move it there"), move, { class: "main" }), button(gettext("No, it is right"), stay)));
    return box;
  }

  async answered(kind) {
    this.report.questions = this.report.questions.filter((one) => one.kind !== kind);
    this.report.problem = "";
    await this.write(this.picker.photos);
  }

  async addPhoto(photo) {
    const made = { ...photo, client_id: newId(), report: this.report.client_id, sent: false, added_at: Date.now() + this.picker.photos.length };
    await addPhoto(made);
    return made;
  }

  found(place, problem) {
    this.place = place;
    this.placeProblem = problem;
    if (!this.report) return;
    if (place && !this.report.pointed) Object.assign(this.report, place);
    if (this.placeBox && !this.map) this.showPlace();
    this.keepSoon();
  }

  put(place, pointed) {
    Object.assign(this.report, place, { pointed });
    this.keepSoon();
  }

  showPlace() {
    const { lon, accuracy_m, pointed } = this.report;
    const known = lon !== null;
    let said = this.placeProblem || gettext("Looking for the position…");
    if (known) said = pointed ? gettext("Place: as shown on the map") : interpolate(gettext("Place: by the phone, %s"), [accuracy(accuracy_m)]);
    const poor = known && !pointed && accuracy_m > POOR_M;
    fill(
      this.placeBox,
      element("p", { class: known ? "" : "missing", id: "place-said" }, said),
      poor && element("p", { class: "missing" }, gettext("That is not exact: better move it on the map.")),
      button(known ? gettext("Move on the map") : gettext("Show on the map"), () => this.openMap(), { id: "adjust" }),
    );
    this.askOutside();
  }

  async openMap() {
    const holder = element("div", { class: "map", role: "region", "aria-label": gettext("Map") });
    const cross = element("div", { class: "cross", "aria-hidden": "true" });
    const said = element("p", { class: "said", role: "status" }, gettext("Loading the map…"));
    fill(this.placeBox, said, element("div", { class: "map-frame" }, holder, cross));
    try {
      const { showMap } = await import("phone/map");
      const { lon, lat } = this.report;
      this.map = await showMap(holder, this.config, lon === null ? null : { lon, lat }, this.session.form.box);
    } catch (error) {
      console.error(error);
      this.showPlace();
      this.placeBox.append(element("p", { class: "missing" }, gettext("The map cannot be loaded now. The draft stays on this phone.")));
      return;
    }
    said.textContent = gettext("Slide the map until the cross stands on the place.");
    this.placeBox.append(element("div", { class: "acts" }, button(gettext("Take this place"), () => this.takeMap(), { class: "main", id: "take-place" }), button(gettext("Cancel"), () => this.closeMap())));
  }

  takeMap() {
    this.position.stop();
    this.put({ ...this.map.middle(), accuracy_m: null, position_checked: false }, true);
    this.closeMap();
  }

  closeMap() {
    this.map?.remove();
    this.map = null;
    this.showPlace();
  }

  keepSoon() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.keepNow(), SAVE_MS);
  }

  async keepNow() {
    clearTimeout(this.saving);
    if (!this.report) return true;
    try {
      await saveReport({ ...this.report });
      return true;
    } catch (error) {
      console.error(error);
      this.fail(gettext("This phone cannot keep the report (no room, or private browsing). Do not close the page."));
      return false;
    }
  }

  fail(sentence) {
    if (this.problemBox) complain(this.problemBox, sentence);
  }

  // As the catalogue on this phone has it, so that it is known without signal too.
  asksForPhoto() {
    const entries = this.session.form.kinds.flatMap(({ groups }) => groups.flatMap((group) => group.entries));
    return Boolean(entries.find(({ code }) => code === this.report.category)?.needs_photo);
  }

  async queue() {
    if (this.asksForPhoto() && !this.picker.photos.length) return this.fail(gettext("This is only taken with a photo: add at least one."));
    if (this.report.lon === null) return this.fail(gettext("The place is missing: wait for the position, or show it on the map."));
    if (this.report.questions.some(({ kind }) => kind === "frame")) return this.fail(gettext("Answer the question about the position first."));
    const isOutside = this.outside() || this.report.questions.some(({ kind }) => kind === "outside");
    if (isOutside && !this.report.outside_reason.trim()) return this.fail(gettext("Say why you report it outside your area."));
    this.sendButton.disabled = true;
    Object.assign(this.report, { state: "queued", questions: [], problem: "", queued_at: Date.now() });
    if (!(await this.keepNow())) {
      this.sendButton.disabled = false;
      this.report.state = "draft";
      return;
    }
    this.leave();
    this.send();
  }
}
