// Asks for a picture of the camera and shows it when it has come.

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 500;

const config = JSON.parse(document.getElementById("territory-config").textContent);
const figure = document.getElementById("shot");
const said = document.getElementById("shot-said");
const button = document.getElementById("shot-take");

button?.addEventListener("click", take);
if (figure.dataset.waiting === "true") follow(Date.now() + PATIENCE_MS);

async function take() {
  button.disabled = true;
  said.textContent = gettext("Taking a picture");
  try {
    await ask(config.snapshot, { method: "POST", headers: { "X-CSRFToken": config.csrf } });
    await follow(Date.now() + PATIENCE_MS);
  } catch (error) {
    said.textContent = error.message;
  }
  button.disabled = false;
}

async function follow(until) {
  while (Date.now() < until) {
    const { snapshot } = await ask(config.card);
    if (!snapshot.waiting) return show(snapshot);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  said.textContent = gettext("The picture was not taken in time");
}

function show({ url, failure }) {
  if (failure) {
    said.textContent = `${failure.reason_text}: ${failure.remedy}`;
    return;
  }
  const image = figure.querySelector("img") ?? figure.insertBefore(document.createElement("img"), figure.firstChild);
  figure.querySelector("p")?.remove();
  image.alt = "";
  image.src = url;
  figure.classList.remove("old");
  document.getElementById("shot-when").textContent = "";
  said.textContent = gettext("Just now");
}

async function ask(url, options = {}) {
  const response = await fetch(url, { ...options, headers: { Accept: "application/json", ...options.headers } });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error?.message ?? String(response.status));
  return body;
}
