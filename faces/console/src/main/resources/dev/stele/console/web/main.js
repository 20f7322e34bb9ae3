// The frame around the pages: which log, which page, what is wrong. Pages are picked by the hash of the address:
//
//   #/                            all logs
//   #/logs/NAME                   a log, and below it /live /events /events/7 /streams /verification …
//   #/access                      who one is, and tokens
//
// A page is a module with a title and show(context); the context's signal is aborted when the page is left.

import { get, keepToken, Problem, token } from "./api.js";
import { badge, download, el, empty, mark, replace } from "./elements.js";
import { time } from "./format.js";
import { dismiss, fraudProof, memory, observe } from "./trust.js";
import { fromBase64 } from "./bytes.js";
import * as access from "./pages/access.js";
import * as event from "./pages/event.js";
import * as events from "./pages/events.js";
import * as keys from "./pages/keys.js";
import * as live from "./pages/live.js";
import * as logs from "./pages/logs.js";
import * as overview from "./pages/overview.js";
import * as receipts from "./pages/receipts.js";
import * as streams from "./pages/streams.js";
import * as subscriptions from "./pages/subscriptions.js";
import * as verification from "./pages/verification.js";

const OBSERVE_MILLIS = 15_000; // between looks at the log's key and checkpoint
const THEME = "stele.theme";

const OF_LOG = [
  ["", "Overview", overview],
  ["live", "Live", live],
  ["events", "Events", events],
  ["streams", "Streams", streams],
  ["verification", "Verification", verification],
  ["subscriptions", "Subscriptions", subscriptions],
  ["keys", "Keys", keys],
  ["receipts", "Receipts", receipts],
];

const at = (id) => document.getElementById(id);
let leave = new AbortController();
let current = { log: null, observed: null };

// ---- Theme ----------------------------------------------------------------------------------------------------------

function storedTheme() {
  try {
    return localStorage.getItem(THEME) ?? "auto";
  } catch {
    return "auto";
  }
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // Then it holds for this page alone.
  }
}

// ---- Where we are ---------------------------------------------------------------------------------------------------

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decode);
  const found = { query: new URLSearchParams(query), log: null, parts: [], page: null, name: parts[0] ?? "" };
  if (parts.length === 0) return { ...found, page: logs };
  if (parts[0] === "access") return { ...found, page: access };
  if (parts[0] !== "logs" || parts.length < 2) return found;
  const [, log, name = "", ...rest] = parts;
  const page = name === "events" && rest.length > 0 ? event : OF_LOG.find(([of]) => of === name)?.[2];
  return { ...found, log, name, parts: rest, page };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function show(isFirst) {
  leave.abort();
  leave = new AbortController();
  const signal = leave.signal;
  const here = route();
  if (here.log !== current.log) current = { log: here.log, observed: null };
  drawNavigation(here);
  drawAlarms();
  const into = el("div", { class: "page" });
  const content = at("content");
  content.setAttribute("aria-busy", "true");
  document.title = here.page ? [here.page.title(here), here.log, "Stele"].filter(Boolean).join(" · ") : "Stele";
  // What was there stays until there is something to show, but for not longer than people take as at once.
  const slow = setTimeout(() => replace(content, el("p", { class: "soft" }, "Loading…")), 300);
  try {
    if (here.page === null || here.page === undefined) throw new Problem(404, { title: "There is no such page", detail: location.hash });
    await here.page.show({ ...here, into, signal, observe: () => observed(here.log), reload: () => show(false) });
    if (signal.aborted) return;
    clearTimeout(slow);
    replace(content, into);
  } catch (trouble) {
    clearTimeout(slow);
    if (signal.aborted) return;
    replace(content, problem(trouble));
  }
  content.removeAttribute("aria-busy");
  if (!isFirst) content.focus({ preventScroll: true });
  if (!isFirst) scrollTo(0, 0);
}

function problem(trouble) {
  if (!(trouble instanceof Problem)) {
    console.error(trouble);
    return empty("This page could not be shown", trouble.message, again());
  }
  const members = Object.entries(trouble.members).filter(([name]) => !["type", "title", "status", "detail", "instance"].includes(name));
  return el(
    "div",
    { class: "empty problem" },
    badge("bad", trouble.status === 0 ? "no answer" : `${trouble.status} ${trouble.name}`),
    el("p", { class: "empty-title" }, trouble.title),
    el("p", null, trouble.message),
    members.length > 0 && el("p", { class: "mono long" }, members.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join("  ")),
    trouble.status === 401 || trouble.status === 403 ? tokenForm() : again(),
  );
}

function again() {
  return el("button", { type: "button", onclick: () => show(false) }, "Try again");
}

// ---- The frame ------------------------------------------------------------------------------------------------------

function drawNavigation(here) {
  const link = (href, text, isCurrent) => el("a", { href, "aria-current": isCurrent && "page" }, text);
  replace(
    at("pages"),
    here.log === null
      ? []
      : OF_LOG.map(([name, text]) => link(`#/logs/${encodeURIComponent(here.log)}${name && "/" + name}`, text, here.name === name)),
  );
  replace(at("server"), link("#/", "All logs", here.log === null && here.name === ""), link("#/access", "Access", here.name === "access"));
  const row = at("pages").querySelector("[aria-current]");
  row?.scrollIntoView?.({ block: "nearest", inline: "center" });
}

async function drawLogs() {
  const here = route();
  if (here.log === null) return replace(at("which"));
  let names = [here.log];
  try {
    names = (await get("v1/logs")).logs.map(({ name }) => name);
    if (!names.includes(here.log)) names.unshift(here.log);
  } catch {
    // The page itself says what is wrong.
  }
  const select = el(
    "select",
    { "aria-label": "Log", onchange: () => (location.hash = `#/logs/${encodeURIComponent(select.value)}`) },
    names.map((name) => el("option", { value: name, selected: name === here.log }, name)),
  );
  replace(at("which"), select);
}

function drawFoot() {
  const theme = el(
    "select",
    { "aria-label": "Colours", onchange: () => setTheme(theme.value) },
    ["auto", "light", "dark"].map((name) => el("option", { value: name, selected: name === storedTheme() }, name)),
  );
  replace(
    at("foot"),
    el("span", { id: "who" }, ""),
    el("div", { class: "row" }, theme, el("button", { type: "button", onclick: askToken }, token() ? "Token ✓" : "Token")),
  );
  drawWho();
}

async function drawWho() {
  const who = at("who");
  try {
    who.textContent = "You are " + (await get("v1/whoami")).principal;
  } catch (trouble) {
    who.textContent = trouble.status === 401 ? "not known" : "";
  }
}

function drawAlarms() {
  const log = current.log;
  const alarms = log === null ? [] : (memory(log)?.alarms ?? []);
  const titles = {
    "key-changed": "The log's key has changed",
    rewound: "The log has been rewound",
    forked: "The log has told two histories",
    unproven: "The log does not continue what it was",
  };
  replace(
    at("alarms"),
    alarms.map((alarm, i) => {
      const proof = fraudProof(alarm);
      return el(
        "div",
        { class: "alarm" },
        el("div", { class: "row" }, mark("bad"), el("strong", null, titles[alarm.kind] ?? alarm.kind)),
        el("p", { class: "long" }, alarm.detail),
        el("p", null, advice(alarm.kind)),
        el(
          "div",
          { class: "row" },
          el("span", { class: "soft" }, `Noticed ${time(alarm.at)}. This stays until you take it away.`),
          proof && el("button", { type: "button", class: "small", onclick: () => download(`${log}.fraud-proof`, proof, "") }, "Download the fraud proof"),
          !proof && alarm.notes && el("button", { type: "button", class: "small", onclick: () => saveNotes(log, alarm) }, "Download the checkpoints"),
          el("a", { class: "button small", href: `#/logs/${encodeURIComponent(log)}/keys` }, "Look at the keys"),
          el("button", { type: "button", class: "small", onclick: () => dismiss(log, i) }, "Take this away"),
        ),
      );
    }),
  );
}

function advice(kind) {
  return {
    "key-changed": "Nothing that the new key signs counts here. Ask who runs the log, by another way than this server, which key is right.",
    rewound: "Events that were there and signed are not shown any more. An old copy may have been restored, or someone hides something. Keep the checkpoints.",
    forked: "The key has signed both, so there is no innocent explanation but a stolen key. The fraud proof convicts the log with nothing but its public key.",
    unproven: "The server could not prove that nothing was changed between the two. Keep the checkpoints and ask who runs the log.",
  }[kind];
}

function saveNotes(log, alarm) {
  download(`${log}.checkpoints`, new Blob(alarm.notes.map(fromBase64)), "");
}

function drawConnection(isReachable) {
  replace(
    at("connection"),
    isReachable ? [] : el("div", { class: "notice unsure" }, mark("unsure"), "The server does not answer. What you see may be old; trying again…"),
  );
}

// ---- Tokens ---------------------------------------------------------------------------------------------------------

function tokenForm() {
  const input = el("input", { type: "password", autocomplete: "off", spellcheck: "false", name: "token", value: token() ?? "" });
  return el(
    "form",
    {
      class: "stack",
      onsubmit: (submitted) => {
        submitted.preventDefault();
        keepToken(input.value.trim());
        current.observed = null;
        document.querySelector("dialog#token")?.close();
        drawFoot();
        drawLogs();
        show(false);
      },
    },
    el("label", null, "API token", input),
    el("p", { class: "soft" }, "It is kept for this tab alone, and sent with each request to this server."),
    el("div", { class: "row end" }, el("button", { class: "first" }, "Use it")),
  );
}

function askToken() {
  const dialog = el(
    "dialog",
    { id: "token", "aria-labelledby": "token-title", onclose: () => dialog.remove() },
    el("h2", { id: "token-title" }, "Who are you?"),
    tokenForm(),
    el("div", { class: "row end" }, el("button", { type: "button", onclick: () => dialog.close() }, "Cancel")),
  );
  document.body.append(dialog);
  dialog.showModal();
}

// ---- Trust ----------------------------------------------------------------------------------------------------------

/** What this browser makes of the log's key and checkpoint: asked once, then by the clock, and again where it is not known. */
async function observed(log) {
  // Not with a page's signal: the next page waits for the same answer.
  current.observed ??= observe(log);
  const here = current;
  const asked = current.observed;
  const seen = await asked;
  if (seen.state === "unsure" && here.observed === asked) here.observed = null;
  return seen;
}

async function lookAround() {
  if (current.log !== null && !document.hidden) {
    const log = current.log;
    const seen = await observe(log);
    if (log === current.log) current.observed = Promise.resolve(seen);
  }
}

// ---- Begin ----------------------------------------------------------------------------------------------------------

setTheme(storedTheme());
drawFoot();
drawLogs();
show(true);
addEventListener("hashchange", () => {
  drawLogs();
  show(false);
});
addEventListener("stele:trust", drawAlarms);
addEventListener("storage", drawAlarms);
addEventListener("stele:connection", ({ detail }) => {
  drawConnection(detail);
  if (detail) show(false);
});
at("skip").addEventListener("click", (clicked) => {
  clicked.preventDefault();
  at("content").focus();
});
setInterval(lookAround, OBSERVE_MILLIS);
