// A photo as it is kept and sent: at most 1600 pixels a side, as JPEG.  What a canvas makes has none of
// what the camera wrote beside the picture; the server makes sure of it again.

const MAX_SIDE = 1600;
const QUALITY = 0.8;

export async function shrunk(file, most_bytes) {
  const made = (await drawn(file)) ?? file;
  if (made.size > most_bytes) throw new Error(gettext("The photo is larger than 12 MB."));
  // Bytes, not a Blob: some phones lose Blobs that lie in IndexedDB.
  return { bytes: await made.arrayBuffer(), type: made.type || "image/jpeg" };
}

async function drawn(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  } catch {
    // The server judges it: this browser cannot read it.
    return null;
  }
}

export function addressOf({ bytes, type }) {
  return URL.createObjectURL(new Blob([bytes], { type }));
}
