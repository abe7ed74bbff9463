// Who else has the plan open: told every few seconds, and when the feed says that somebody came or went.

import { ask } from "maps/api";
import { element } from "maps/element";

export class Presence {
  constructor(holder, config, editor) {
    Object.assign(this, { holder, config, editor });
    this.page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.url = `${config.urls.plan}here/`;
    addEventListener("pagehide", () => this.leave());
  }

  start() {
    this.beat();
    setInterval(() => this.beat(), this.config.beat_s * 1_000);
  }

  async beat() {
    try {
      const { body } = await ask(this.url, { method: "POST", csrf: this.config.csrf, body: { page: this.page, community: this.editor.community() } });
      this.show(body.others);
    } catch {
      // The feed says that the server is away; who is here is not known then.
      this.show([]);
    }
  }

  show(others) {
    this.holder.hidden = others.length === 0;
    const names = others.map(({ name, own, draws, community }) => {
      const where = this.editor.state.communities.find((one) => one.code === community)?.name;
      const who = own ? gettext("you, in another window") : name;
      return element("span", { class: "draw-person", title: [draws ? gettext("may draw") : gettext("looks"), where].filter(Boolean).join(" · ") }, who);
    });
    this.holder.replaceChildren(element("span", { class: "muted" }, gettext("Also here:")), ...names);
  }

  leave() {
    const token = document.cookie.match(/(?:^|; )csrftoken=(\w+)/)?.[1] ?? this.config.csrf;
    fetch(this.url, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify({ page: this.page, leaves: true }) }).catch(() => {});
  }
}
