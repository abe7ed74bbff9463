// The page of maps as files: a preview that follows the form, and files that say how far they are.

const PAUSE_MS = 700;
const form = document.getElementById("map-form");
const told = document.getElementById("map-told");
const image = document.getElementById("map-preview");
const caption = document.getElementById("map-preview-told");
let pause = null;
let asking = null;
let shown = null;

const query = () => new URLSearchParams(new FormData(form)).toString();

async function fetched(address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Error(body.error?.message ?? gettext("The server does not answer. Try again."));
}

function tell(node, text, isError = false) {
  node.textContent = text;
  node.classList.toggle("error", isError);
}

async function look() {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  image.parentElement.classList.add("is-busy");
  tell(caption, gettext("Drawing …"));
  try {
    const blob = await (await fetched(`${form.dataset.preview}&${query()}`, mine.signal)).blob();
    if (shown) URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(blob);
    image.src = shown;
    image.hidden = false;
    tell(caption, gettext("This is how the sheet will be printed."));
  } catch (error) {
    if (mine.signal.aborted) return;
    image.hidden = true;
    tell(caption, error.message, true);
  } finally {
    if (asking === mine) image.parentElement.classList.remove("is-busy");
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  const address = URL.createObjectURL(blob);
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function take(button) {
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  const say = () => tell(told, interpolate(gettext("The file is being made: %s s …"), [seconds()]));
  const buttons = [...form.elements].filter((one) => one.type === "submit");
  buttons.forEach((one) => { one.disabled = true; });
  say();
  const clock = setInterval(say, 1000);
  try {
    const answer = await fetched(`${button.getAttribute("formaction")}?${query()}`);
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? `map.${button.dataset.kind}`;
    const blob = await answer.blob();
    save(blob, name);
    tell(told, interpolate(gettext("%(name)s is there: %(size)s MB."), { name, size: (blob.size / 1e6).toFixed(1) }, true));
  } catch (error) {
    tell(told, error.message, true);
  } finally {
    clearInterval(clock);
    buttons.forEach((one) => { one.disabled = false; });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.dataset.kind) take(event.submitter);
});
form.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(look, PAUSE_MS);
});
look();
