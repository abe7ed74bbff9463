// The live test of a camera's form, and which fields of the login are wanted.

import { lines } from "cameras/lines";

const SVG = "http://www.w3.org/2000/svg";
const form = document.getElementById("camera-form");
const box = document.getElementById("live-test");
const list = document.getElementById("test-ladder");
const said = document.getElementById("test-said");
const button = document.getElementById("test-start");

// Only what the chosen kind of login needs is shown.
const WANTED = { group: ["credential"], own: ["username", "password", "allow_plain"] };
function showLogin() {
  const kind = form.elements.login.value;
  for (const name of ["credential", "username", "password", "allow_plain"]) {
    form.querySelector(`[data-field="${name}"]`).hidden = !WANTED[kind]?.includes(name);
  }
}
form.addEventListener("change", showLogin);
showLogin();

button.addEventListener("click", async () => {
  button.disabled = true;
  list.replaceChildren();
  said.replaceChildren();
  try {
    await run();
  } catch (error) {
    say("error", error.message);
  }
  button.disabled = false;
});

async function run() {
  const query = box.dataset.camera ? `?camera=${encodeURIComponent(box.dataset.camera)}` : "";
  const response = await fetch(box.dataset.url + query, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: new URLSearchParams(new FormData(form)),
  }).catch(() => {
    throw new Error(gettext("The server does not answer."));
  });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new Error(body?.error?.message ?? gettext("The server does not answer."));
  }
  let whole = false;
  for await (const event of lines(response.body)) {
    if (event.begun) begun(event.begun);
    if (event.answered) list.lastElementChild.replaceWith(rung(event.answered));
    if (event.verdict) whole = verdict(event.verdict);
  }
  if (!whole) throw new Error(gettext("The test was cut off. Try again."));
}

function begun({ name }) {
  const row = document.createElement("li");
  row.className = "running";
  row.append(span("rung-sign", "…"), span("rung-name", name));
  list.append(row);
}

function verdict({ ok, reason, cause, remedy, took_ms: took, rungs }) {
  list.replaceChildren(...rungs.map(rung));
  const total = interpolate(gettext("%s ms in all"), [Math.round(took)]);
  say(ok ? "success" : "error", `${reason} · ${total}`, ...(ok ? [] : [cause, remedy]));
  return true;
}

function rung({ name, ok, asked = true, said: reason, detail, took_ms: took, start, width }) {
  const row = document.createElement("li");
  row.className = asked ? (ok ? "good" : "bad") : "unasked";
  row.append(span("rung-sign", asked ? (ok ? "✓" : "✕") : "·"), span("rung-name", name));
  row.append(span("rung-said", asked && !ok ? reason : ""));
  if (asked) row.append(span("rung-ms", `${took.toFixed(1)} ms`));
  if (asked && width) row.append(bar(start, width));
  if (detail) row.append(span("rung-detail", detail));
  return row;
}

function bar(start, width) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "rung-bar");
  drawn.setAttribute("viewBox", "0 0 100 4");
  drawn.setAttribute("preserveAspectRatio", "none");
  drawn.setAttribute("aria-hidden", "true");
  const mark = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: start, y: 0, width, height: 4 })) mark.setAttribute(name, String(value));
  drawn.append(mark);
  return drawn;
}

function span(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

function say(kind, ...sentences) {
  said.replaceChildren(...sentences.map((sentence, index) => {
    const made = document.createElement("p");
    made.className = index ? "" : `message ${kind}`;
    made.textContent = sentence;
    return made;
  }));
}
