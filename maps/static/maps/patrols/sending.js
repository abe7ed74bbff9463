// Sends somebody on duty somewhere: a press on the map says where, a few words what for.

import { ask } from "maps/api";
import { element, setText } from "maps/element";

const LONGEST = 200;
const DIGITS = 6;
const SAID_MS = 4_000;

export class Sending {
  constructor(holder, config, map) {
    Object.assign(this, { holder, config, map });
    this.title = element("h2");
    this.place = element("p", { class: "muted" });
    this.message = element("textarea", { maxlength: LONGEST, required: true, "aria-label": gettext("Message"), placeholder: gettext("What is to be done there") });
    this.note = element("p", { role: "status" });
    this.send = element("button", { type: "submit", class: "main" }, gettext("Send"));
    const cancel = element("button", { type: "button", class: "quiet" }, gettext("Cancel"));
    cancel.addEventListener("click", () => this.end());
    holder.replaceChildren(this.title, this.place, this.message, element("div", { class: "note-verbs" }, this.send, cancel), this.note);
    holder.addEventListener("submit", (event) => this.submit(event));
    holder.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), this.end()));
  }

  begin({ duty, name }) {
    clearTimeout(this.closing);
    this.duty = duty;
    this.at = null;
    // The same order sent twice, because an answer was lost, is one.
    this.order = crypto.randomUUID?.() ?? uuid();
    setText(this.title, interpolate(gettext("Send %s"), [name]));
    setText(this.place, gettext("Press the place on the map."));
    setText(this.note, "");
    this.message.value = "";
    this.send.disabled = true;
    this.holder.hidden = false;
    this.message.focus();
    this.map.pickPlace((place) => this.choose(place));
  }

  choose({ lng, lat }) {
    this.at = { lon: Number(lng.toFixed(DIGITS)), lat: Number(lat.toFixed(DIGITS)) };
    setText(this.place, interpolate(gettext("Place: %s, %s"), [this.at.lon, this.at.lat]));
    this.map.mark("", [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [this.at.lon, this.at.lat] } }]);
    this.send.disabled = false;
  }

  end() {
    this.holder.hidden = true;
    this.map.pickPlace(null);
    this.map.mark("", []);
  }

  async submit(event) {
    event.preventDefault();
    if (!this.at) return;
    this.send.disabled = true;
    const body = { client_id: this.order, duty: this.duty, ...this.at, message: this.message.value.trim() };
    try {
      await ask(`${this.config.urls.patrols}/errands/`, { method: "POST", csrf: this.config.csrf, body });
      setText(this.note, gettext("Sent. It appears on the phone page."));
      this.closing = setTimeout(() => this.end(), SAID_MS);
    } catch (error) {
      setText(this.note, error.message);
      this.send.disabled = false;
    }
  }
}

// Pages over plain HTTP have no crypto.randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
