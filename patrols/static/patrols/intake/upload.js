// Sends a file as it is, with progress; what became of its points is said in words.

const NAMES = {
  kept: gettext("kept"),
  repeated: gettext("there already"),
  outside_duty: gettext("outside a duty"),
  too_old: gettext("too old"),
  ahead: gettext("of the future"),
  without_time: gettext("without a time"),
  unreadable: gettext("unreadable"),
};

export function listen(form, config) {
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [file] = form.querySelector("input[type=file]").files;
    if (file) send(form, file, config);
  });
}

function send(form, file, config) {
  const progress = form.querySelector("progress");
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  button.disabled = true;
  progress.hidden = false;
  progress.value = 0;
  said.className = "";
  said.textContent = gettext("The file is being sent …");
  const ended = (text, isError) => {
    said.textContent = text;
    said.className = isError ? "message error" : "message success";
    progress.hidden = true;
    button.disabled = false;
  };
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    progress.value = (100 * loaded) / total;
    if (loaded === total) {
      progress.removeAttribute("value");
      said.textContent = gettext("The points are being checked …");
    }
  });
  request.addEventListener("load", () => {
    const told = answer(request);
    if (request.status === 200) ended(words(told), false);
    else ended(told.error?.message ?? gettext("The server does not answer."), true);
  });
  request.addEventListener("error", () => ended(gettext("The upload broke off. Send the file again: what is there already changes nothing."), true));
  request.open("POST", `${form.dataset.address}?name=${encodeURIComponent(file.name.slice(0, 100))}`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-CSRFToken", config.csrf);
  request.send(file);
}

function answer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function words(told) {
  const parts = Object.entries(NAMES).filter(([name]) => told[name] || name === "kept");
  return parts.map(([name, text]) => `${told[name]} ${text}`).join(" · ");
}
