// The phone's page: tabs over what lies on the phone, and a sender that empties the queue.

import { Bell } from "phone/bell";
import { DutyPage } from "phone/duty";
import { button, byId, element, name } from "phone/element";
import { MinePage } from "phone/mine";
import { Session } from "phone/net";
import { ReportPage } from "phone/report";
import { Sender } from "phone/sender";
import { reportsOf, tidy, waitingOfOthers } from "phone/store";
import { TasksPage } from "phone/tasks";

const KEPT_MS = 7 * 24 * 3600 * 1000;
const FRESH_MS = 60_000;
// While the bell rings, errands are asked for only in case.
const ERRANDS_MS = 20_000;
const ERRANDS_SELDOM_MS = 120_000;

const config = JSON.parse(byId("phone-config").textContent);
const session = new Session(config);
const sender = new Sender(config, session, () => changed());
const box = byId("main");
const pages = {
  report: new ReportPage(box, config, session, () => queued()),
  mine: new MinePage(box, config, session, sender, (report) => edit(report)),
  tasks: new TasksPage(box, config, session, (number) => count("tasks", number)),
  duty: new DutyPage(box, config, session, (number, text) => called(number, text)),
};
const TABS = { report: gettext("Report"), mine: gettext("My reports"), tasks: gettext("My tasks"), duty: gettext("My duty") };
const bell = new Bell(config, session, () => pages.duty.tracker.duty() !== null, () => pages.duty.fetch());
let tab = "";
let asked = 0;
let whose = null;
// The tab that the address names, until another is chosen: on a new phone nobody knows yet who may see it.
let wanted = location.hash.slice(1);

async function start() {
  try {
    await session.recall();
  } catch (error) {
    console.error(error);
    banner("store", "bad", gettext("This browser keeps nothing on the phone (private browsing?): reports would be lost. Use a normal window."));
  }
  byId("tabs").replaceChildren(...Object.entries(TABS).map(([key, text]) => button([text, element("span", { class: "count", id: `count-${key}` })], () => choose(key), { "data-tab": key })));
  tabs();
  byId("tabs").hidden = false;
  secure();
  await pages.duty.recall();
  // What the phone recalled is shown at once; the first answer draws it anew only for somebody else, who
  // would otherwise be thrown back to the kinds in the middle of choosing an entry.
  whose = session.me?.id ?? null;
  await open(isWanted() ? wanted : "report");
  addEventListener("online", () => sender.run());
  // What was written last is kept also when the page goes at once.
  addEventListener("pagehide", () => pages.report.keepNow());
  addEventListener("offline", () => line());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sender.run());
  setInterval(() => tab === "tasks" && document.visibilityState === "visible" && pages.tasks.fetch(), FRESH_MS);
  setInterval(errands, ERRANDS_MS);
  if (session.me) pages.duty.fetch();
  await sender.run();
  if (session.me) await tidy(session.me.id, Date.now() - KEPT_MS);
}

function errands() {
  if (tab !== "duty" && !pages.duty.tracker.running) return;
  if (bell.rings && performance.now() - asked < ERRANDS_SELDOM_MS) return;
  asked = performance.now();
  pages.duty.fetch();
}

// Whoever handles nothing, or is never on duty, has no tab for it.
function hidden(key) {
  const { me } = session;
  return (key === "tasks" && me !== null && !me.may_handle) || (key === "duty" && !me?.may_patrol);
}

function tabs() {
  for (const one of byId("tabs").children) one.hidden = hidden(one.dataset.tab);
}

// text: of an errand that has just come.
function called(number, text) {
  count("duty", number);
  if (!number) banner("errand", "", "");
  else if (text && tab !== "duty") banner("errand", "warn", interpolate(gettext("You are sent somewhere: %s"), [text]), button(gettext("Look at it"), () => choose("duty"), { class: "main" }));
}

function isWanted() {
  return Object.hasOwn(TABS, wanted) && !hidden(wanted);
}

function choose(key) {
  wanted = "";
  return open(key);
}

async function open(key) {
  for (const page of Object.values(pages)) page.leave();
  tab = key;
  if (key === "duty") banner("errand", "", "");
  history.replaceState(null, "", key === "report" ? config.shell : `#${key}`);
  for (const one of byId("tabs").children) one.setAttribute("aria-current", String(one.dataset.tab === key));
  await pages[key].show();
  await counts();
}

async function edit(report) {
  await choose("report");
  await pages.report.edit(report);
}

async function queued() {
  await choose("mine");
  await sender.run();
}

// Who is signed in may have changed, or what lies on the phone.
async function changed() {
  const me = session.me?.id ?? null;
  const other = me !== whose;
  whose = me;
  byId("who").replaceChildren(session.me ? name(session.me.name) : "");
  line();
  tabs();
  if (other) {
    await pages.duty.recall();
    await pages.duty.fetch();
  }
  await counts();
  await banners();
  if (hidden(tab)) await open("report");
  else if (other && isWanted() && tab !== wanted && !pages.report.report) await open(wanted);
  else if (other && !(tab === "report" && pages.report.report)) await pages[tab].show();
  else if (tab === "mine" && me !== null) {
    await pages.mine.draw();
    if (!sender.running) await pages.mine.fetch();
  } else if (tab === "report") await pages.report.renew();
  else if (tab === "tasks" && !sender.running) await pages.tasks.fetch();
  else if (tab === "duty" && !sender.running) await pages.duty.fetch();
}

function line() {
  const away = session.state === "away" || !navigator.onLine;
  byId("line").textContent = away ? gettext("no signal") : "";
  document.body.dataset.session = session.state;
}

async function counts() {
  if (!session.me) return;
  const own = await reportsOf(session.me.id);
  count("mine", own.filter(({ state }) => ["queued", "asked", "refused"].includes(state)).length);
}

function count(key, number) {
  const place = byId(`count-${key}`);
  if (place) place.textContent = number ? String(number) : "";
}

async function banners() {
  const waits = session.me ? (await reportsOf(session.me.id)).filter(({ state }) => state === "queued").length : 0;
  const out = session.state === "out";
  const said = waits ? interpolate(gettext("You are signed out. %s reports wait on this phone: sign in to send."), [waits]) : gettext("You are signed out: sign in to send reports.");
  banner("out", "warn", out ? said : "", out && element("a", { class: "button main", href: config.sign_in, id: "sign-in" }, gettext("Sign in")));
  banner("refused", "bad", session.state === "refused" ? session.message : "");
  const others = session.me ? Object.entries(await waitingOfOthers(session.me.id)) : [];
  const told = others.map(([who, number]) => interpolate(gettext("%(number)s reports of %(who)s wait on this phone; they are sent when %(who)s signs in."), { number, who }, true));
  banner("others", "", told.join(" "));
}

function banner(key, badge, text, more = null) {
  byId(`banner-${key}`)?.remove();
  if (text) byId("banners").append(element("div", { class: `banner ${badge}`, id: `banner-${key}`, role: "status" }, element("p", {}, text), more));
}

// Without https a phone gives a page neither its position nor a service worker.
function secure() {
  if (window.isSecureContext && "serviceWorker" in navigator) {
    navigator.serviceWorker.register(config.worker, { scope: config.shell }).catch((error) => {
      console.error(error);
      banner("worker", "warn", gettext("This browser cannot open the page without signal. Reports are still kept on the phone."));
    });
    navigator.storage?.persist?.();
    return;
  }
  banner("secure", "warn", gettext("This address is not https: reports are kept on the phone and sent when there is signal, but the page does not open without signal, and the phone does not tell its position. Ask the administrator for the https address."));
}

byId("starting")?.remove();
start();
