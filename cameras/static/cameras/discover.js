// A search of the network: what is found as soon as it is, how far it is, and a way to stop it.

import { lines } from "cameras/lines";

const form = document.getElementById("discover");
const [start, stop] = ["discover-start", "discover-stop"].map((id) => document.getElementById(id));
const progress = document.getElementById("discover-progress");
const said = document.getElementById("discover-said");
const found = document.getElementById("discover-found");
const box = found.querySelector(".rows-box");
const body = found.querySelector("tbody");
const labels = [...found.querySelectorAll("th")].map((head) => head.textContent);
let running = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  show(true);
  try {
    await run(running.signal);
  } catch (error) {
    if (running.signal.aborted) say("warning", gettext("The search was stopped; what was found until then stands below."));
    else say("error", error.message);
  }
  running = null;
  show(false);
});
stop.addEventListener("click", () => running?.abort());

function show(busy) {
  start.disabled = busy;
  stop.hidden = !busy;
  if (!busy) return (progress.hidden = true);
  said.replaceChildren();
  body.replaceChildren();
  box.hidden = found.hidden = true;
  document.getElementById("discover-none").hidden = true;
}

async function run(signal) {
  const response = await fetch(form.dataset.url, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: new URLSearchParams(new FormData(form)),
    signal,
  }).catch((error) => {
    throw signal.aborted ? error : new Error(gettext("The server does not answer."));
  });
  if (!response.ok) {
    const answer = await response.json().catch(() => null);
    throw new Error(answer?.error?.message ?? gettext("The server does not answer."));
  }
  let whole = false;
  for await (const event of lines(response.body)) {
    if (event.found) add(event.found);
    if (event.progress) tell(event.progress);
    whole ||= Boolean(event.done);
  }
  if (!whole) throw new Error(gettext("The search was cut off. Try again."));
  count();
  found.hidden = false;
  document.getElementById("discover-none").hidden = body.children.length > 0;
}

function tell({ ranges, of_ranges: ofRanges, asked, of, found: number }) {
  progress.hidden = false;
  progress.querySelector("progress").max = Math.max(of, 1);
  // With everything asked, the bar waits for late answers.
  if (asked < of) progress.querySelector("progress").value = asked;
  else progress.querySelector("progress").removeAttribute("value");
  const words = [ranges, ofRanges, asked, of, number];
  progress.querySelector("span").textContent = asked < of || of === 0
    ? interpolate(gettext("Ranges %s of %s · addresses %s of %s · found %s"), words)
    : interpolate(gettext("All %s addresses are asked, waiting for late answers · found %s"), [of, number]);
}

function add({ address, onvif_port: port, name, hardware, known, camera, url }) {
  const row = document.createElement("tr");
  const calls = element("span", "", name || "–");
  if (hardware) calls.append(" ", element("span", "muted", hardware));
  const cells = [address, String(port), calls, registered(known, camera, url)];
  cells.forEach((content, index) => {
    const cell = document.createElement("td");
    cell.dataset.label = labels[index];
    if (index === 0) cell.className = "code";
    cell.append(content);
    row.append(cell);
  });
  body.append(row);
  box.hidden = found.hidden = false;
  count();
}

function registered(known, camera, url) {
  if (known && camera === null) return element("span", "badge off", gettext("known, in another area"));
  const link = element("a", camera === null ? "button" : "", camera ?? gettext("Add a camera"));
  link.href = url;
  return link;
}

function count() {
  const number = body.children.length;
  document.getElementById("discover-count").textContent =
    interpolate(ngettext("%s device answered", "%s devices answered", number), [number]);
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function say(kind, text) {
  said.replaceChildren(element("p", `message ${kind}`, text));
}
