// Sends each photo by itself, as the body of a request under an id of its own, and puts what names it
// into the form.  Photos are made smaller here first; where the browser cannot, the whole file goes.

const MAX_SIDE = 1600;

export function start({ photos: url, csrf }) {
  for (const box of document.querySelectorAll(".add-photos")) {
    const input = box.querySelector("input[type=file]");
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      for (const file of files) await add(box, file, url, csrf);
    });
  }
}

async function add(box, file, url, csrf) {
  const said = box.querySelector(".photo-said");
  const list = box.querySelector(".photo-list");
  const { most, bytes, name, value } = box.dataset;
  if (list.children.length >= Number(most)) {
    said.textContent = interpolate(gettext("At most %s photos."), [most]);
    return;
  }
  said.textContent = gettext("Sending the photo");
  try {
    const body = await smaller(file);
    if (body.size > Number(bytes)) throw new Error(gettext("The photo is larger than 12 MB."));
    const headers = { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": csrf };
    const response = await fetch(`${url}?client_id=${id()}`, { method: "POST", headers, body });
    const told = await response.json();
    if (!response.ok) throw new Error(told.error?.message ?? String(response.status));
    list.append(item(told, name, told[value]));
    said.textContent = "";
  } catch (error) {
    said.textContent = error instanceof TypeError ? gettext("The server does not answer.") : error.message;
  }
}

// crypto.randomUUID is there on https alone.
export function id() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function item({ url }, name, value) {
  const made = document.createElement("li");
  const image = Object.assign(document.createElement("img"), { src: url, alt: "" });
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name, value });
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
    return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85))) ?? file;
  } catch {
    return file;
  }
}
