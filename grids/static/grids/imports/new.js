// Sends the chosen file as the body of one request, and says how far it is.

const form = document.getElementById("new-import");
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const trouble = document.getElementById("trouble");
const limit_bytes = Number(form.dataset.limitBytes);
const emptyHint = document.getElementById("chosen").textContent;
let chosen = null;
let request = null;

function say(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

function megabytes(bytes) {
  return (bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 });
}

function sizeText(bytes) {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} KB` : `${megabytes(bytes)} MB`;
}

// Why a file cannot be sent, before any of it is; "" when it can.
function refusal(file) {
  if (!file) return gettext("Choose a file first.");
  if (!file.size) return gettext("The file is empty.");
  if (file.size > limit_bytes) {
    const words = gettext("The file has %(size)s MB; at most %(limit)s MB can be sent. Split it and send the parts.");
    return interpolate(words, { size: megabytes(file.size), limit: form.dataset.limitMb }, true);
  }
  return "";
}

function choose(file) {
  chosen = file ?? null;
  document.getElementById("chosen").textContent = chosen ? `${chosen.name} · ${sizeText(chosen.size)}` : emptyHint;
  drop.classList.toggle("has-file", Boolean(chosen));
  say(chosen ? refusal(chosen) : "");
}

input.addEventListener("change", () => choose(input.files[0]));
for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length > 1) return say(gettext("One file at a time; pack the parts of a Shapefile into one .zip."));
  choose(event.dataTransfer.files[0]);
});

// A file dropped beside the box must not replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const why = refusal(chosen);
  say(why);
  if (!why && !request) send();
});

function send() {
  const given = new FormData(form);
  const query = new URLSearchParams({
    kind: given.get("kind") ?? "",
    scope: given.get("scope"),
    valid_from: given.get("valid_from"),
    name: chosen.name,
  });
  request = new XMLHttpRequest();
  request.open("POST", `${form.action}?${query}`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-CSRFToken", given.get("csrfmiddlewaretoken"));
  request.responseType = "json";
  request.upload.addEventListener("progress", sent);
  request.addEventListener("load", answered);
  request.addEventListener("error", () => ended(gettext("The upload broke off. Send the file again.")));
  request.addEventListener("abort", () => ended(""));
  busy(true);
  request.send(chosen);
}

function sent({ loaded, total }) {
  document.getElementById("bar").value = (100 * loaded) / total;
  const words = loaded < total ? gettext("%(sent)s of %(all)s MB sent") : gettext("%(all)s MB sent; the server stores it");
  document.getElementById("sent").textContent = interpolate(words, { sent: megabytes(loaded), all: megabytes(total) }, true);
}

function answered() {
  const { status, response } = request;
  if (status === 201 && response?.url) {
    location.assign(response.url);
    return;
  }
  ended(response?.error?.message ?? gettext("The server did not take the file. Try again."));
}

function ended(sentence) {
  request = null;
  busy(false);
  say(sentence);
}

function busy(is) {
  document.getElementById("sending").hidden = !is;
  document.getElementById("stop").hidden = !is;
  document.getElementById("send").disabled = is;
}

document.getElementById("stop").addEventListener("click", () => request?.abort());

// The name of the territory whose digits stand in the field.
const scope = document.getElementById("scope");
const territory = document.getElementById("territory-name");
const hint = territory.textContent;
function nameTerritory() {
  const option = [...document.querySelectorAll("#territories option")].find((one) => one.value === scope.value);
  territory.textContent = option ? option.textContent.trim() : hint;
}
scope.addEventListener("input", nameTerritory);
nameTerritory();
