// What is kept on the phone, in IndexedDB: reports until the server has confirmed them, their photos,
// and what the page needs without signal.  Every function is one transaction: a page that is killed
// leaves each of them done or not done.
//
// reports: client_id, user, user_name, state ("draft", "queued", "asked", "refused", "confirmed"), what the
//   form holds, and what the server said.  photos: client_id, report, bytes, type, sent.
// kept: key, value.  fixes: positions of somebody on duty that the server has not confirmed: user, t (ms),
//   lat, lon, accuracy, speed, bearing.

const NAME = "gis-events";
const EDITION = 2;
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, EDITION);
    asked.onupgradeneeded = ({ oldVersion }) => {
      const database = asked.result;
      if (oldVersion < 1) {
        database.createObjectStore("reports", { keyPath: "client_id" }).createIndex("user", "user");
        database.createObjectStore("photos", { keyPath: "client_id" }).createIndex("report", "report");
        database.createObjectStore("kept", { keyPath: "key" });
      }
      database.createObjectStore("fixes", { keyPath: ["user", "t"] });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
  return opened;
}

// work gets the stores by name and may return a request whose result is wanted; durable at the end.
async function within(names, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const stores = Object.fromEntries(names.map((one) => [one, transaction.objectStore(one)]));
    let wanted;
    transaction.oncomplete = () => resolve(wanted?.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    transaction.onerror = () => reject(transaction.error);
    wanted = work(stores);
  });
}

export function saveReport(report) {
  return within(["reports"], "readwrite", ({ reports }) => void reports.put(report));
}

// Changes some fields of a report, if it is still there and `only` (a state) is still its state.
export function changeReport(id, fields, only = null) {
  return within(["reports"], "readwrite", ({ reports }) => {
    const asked = reports.get(id);
    asked.onsuccess = () => {
      const report = asked.result;
      if (report && (only === null || report.state === only)) reports.put({ ...report, ...fields });
    };
  });
}

export function oneReport(id) {
  return within(["reports"], "readonly", ({ reports }) => reports.get(id));
}

export async function reportsOf(user) {
  const found = await within(["reports"], "readonly", ({ reports }) => reports.index("user").getAll(user));
  return found.sort((a, b) => b.saved_at - a.saved_at);
}

// How many reports of others wait on this phone, by their names.
export async function waitingOfOthers(user) {
  const all = await within(["reports"], "readonly", ({ reports }) => reports.getAll());
  const counts = {};
  for (const { user: whose, user_name, state } of all) {
    if (whose !== user && ["queued", "asked", "refused"].includes(state)) counts[user_name] = (counts[user_name] ?? 0) + 1;
  }
  return counts;
}

export function removeReport(id) {
  return within(["reports", "photos"], "readwrite", ({ reports, photos }) => {
    reports.delete(id);
    dropIn(photos, id);
  });
}

// The server has it: what is left is a line that says so.
export function confirm(id, fields) {
  return within(["reports", "photos"], "readwrite", ({ reports, photos }) => {
    const asked = reports.get(id);
    asked.onsuccess = () => asked.result && reports.put({ ...asked.result, ...fields, state: "confirmed" });
    dropIn(photos, id);
  });
}

function dropIn(photos, report) {
  const asked = photos.index("report").getAllKeys(report);
  asked.onsuccess = () => asked.result.forEach((key) => photos.delete(key));
}

export function addPhoto(photo) {
  return within(["photos"], "readwrite", ({ photos }) => void photos.put(photo));
}

export async function photosOf(report) {
  const found = await within(["photos"], "readonly", ({ photos }) => photos.index("report").getAll(report));
  return found.sort((a, b) => a.added_at - b.added_at);
}

export function markPhoto(id, sent) {
  return within(["photos"], "readwrite", ({ photos }) => {
    const asked = photos.get(id);
    asked.onsuccess = () => asked.result && photos.put({ ...asked.result, sent });
  });
}

export function removePhoto(id) {
  return within(["photos"], "readwrite", ({ photos }) => void photos.delete(id));
}

export function keep(key, value) {
  return within(["kept"], "readwrite", ({ kept }) => void kept.put({ key, value }));
}

export async function kept(key) {
  return (await within(["kept"], "readonly", ({ kept: store }) => store.get(key)))?.value ?? null;
}

export function forget(key) {
  return within(["kept"], "readwrite", ({ kept }) => void kept.delete(key));
}

// What is kept under keys that begin so, by its key.
export async function keptUnder(prefix) {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const rows = await within(["kept"], "readonly", ({ kept }) => kept.getAll(range));
  return new Map(rows.map(({ key, value }) => [key, value]));
}

export function addFix(fix) {
  return within(["fixes"], "readwrite", ({ fixes }) => void fixes.put(fix));
}

// The oldest first.
export function fixesOf(user) {
  return within(["fixes"], "readonly", ({ fixes }) => fixes.getAll(IDBKeyRange.bound([user, 0], [user, Infinity])));
}

export function dropFixes(gone) {
  return within(["fixes"], "readwrite", ({ fixes }) => gone.forEach(({ user, t }) => fixes.delete([user, t])));
}

// Old confirmed reports go: the server lists them.
export async function tidy(user, before) {
  const old = (await reportsOf(user)).filter(({ state, confirmed_at }) => state === "confirmed" && confirmed_at < before);
  for (const { client_id } of old) await removeReport(client_id);
}
