// Photos of a report or a task: taken or chosen, made smaller, shown, taken away again.

import { button, element } from "phone/element";
import { addressOf, shrunk } from "phone/photos";

// limits: { photos, photo_bytes }.  add(photo), remove(photo): keep it on the phone, or no longer.
export class Picker {
  constructor(limits, { photos = [], add, remove }) {
    Object.assign(this, { limits, photos: [...photos], add, remove });
    const input = (id, more) => element("input", { type: "file", accept: "image/*", class: "unseen", id, onchange: ({ target }) => this.take(target), ...more });
    this.choices = element("div", { class: "photo-choices" },
      input("photo-camera", { capture: "environment" }),
      element("label", { for: "photo-camera", class: "big photo-button" }, gettext("Take a photo")),
      input("photo-album", { multiple: true }),
      element("label", { for: "photo-album", class: "big" }, gettext("From the album")));
    this.list = element("ul", { class: "photos" });
    this.said = element("p", { class: "said", role: "status" });
    this.box = element("div", { class: "picker" }, this.list, this.choices, this.said);
    this.show();
  }

  async take(input) {
    const files = [...input.files];
    input.value = "";
    this.said.textContent = "";
    for (const file of files) {
      if (this.photos.length >= this.limits.photos) {
        this.said.textContent = interpolate(gettext("At most %s photos."), [this.limits.photos]);
        break;
      }
      try {
        const photo = await shrunk(file, this.limits.photo_bytes);
        this.photos.push(await this.add(photo));
      } catch (error) {
        this.said.textContent = error.name === "QuotaExceededError" ? gettext("The phone has no room left for this photo.") : error.message;
      }
      this.show();
    }
  }

  show() {
    this.list.replaceChildren(...this.photos.map((photo) => this.item(photo)));
  }

  item(photo) {
    photo.address ??= addressOf(photo);
    const drop = async () => {
      this.photos = this.photos.filter((one) => one !== photo);
      URL.revokeObjectURL(photo.address);
      await this.remove(photo);
      this.show();
    };
    return element("li", {}, element("img", { src: photo.address, alt: "" }), button("×", drop, { "aria-label": gettext("Remove the photo"), class: "photo-drop" }));
  }
}
