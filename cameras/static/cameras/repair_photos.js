// Sends each photo by itself, as the body of a request, and puts its number into the form; adds rows
// for parts.  Photos are made smaller here first, so that a weak line carries them; where the browser
// cannot, the whole file goes and the server does it.

const MAX_SIDE = 1600;
const MOST_PARTS = 20;

const box = document.getElementById("photos");
if (box) {
  const input = box.querySelector("input[type=file]");
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    for (const file of files) await add(file);
  });
}
for (const button of document.querySelectorAll(".part-more")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = button.parentElement.querySelectorAll(".part");
    if (rows.length >= MOST_PARTS) return;
    const row = rows[0].cloneNode(true);
    for (const field of row.querySelectorAll("input")) field.value = "";
    button.before(row);
    row.querySelector("input").focus();
  });
}

async function add(file) {
  const said = box.querySelector(".photo-said");
  const list = box.querySelector(".photo-list");
  if (list.children.length >= Number(box.dataset.most)) {
    said.textContent = interpolate(gettext("At most %s photos."), [box.dataset.most]);
    return;
  }
  said.textContent = gettext("Sending the photo");
  try {
    const body = await smaller(file);
    if (body.size > Number(box.dataset.bytes)) throw new Error(gettext("The photo is larger than 12 MB."));
    const token = box.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": token };
    const response = await fetch(box.dataset.url, { method: "POST", headers, body });
    const told = await response.json();
    if (!response.ok) throw new Error(told.error?.message ?? String(response.status));
    list.append(item(told));
    said.textContent = "";
  } catch (error) {
    said.textContent = error instanceof TypeError ? gettext("The server does not answer. Take the photo again where there is signal.") : error.message;
  }
}

function item({ id, url }) {
  const made = document.createElement("li");
  const image = Object.assign(document.createElement("img"), { src: url, alt: "" });
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "photo", value: id });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: gettext("Remove") });
  remove.addEventListener("click", () => made.remove());
  made.append(image, hidden, remove);
  return made;
}

async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    return made ?? file;
  } catch {
    return file;
  }
}
