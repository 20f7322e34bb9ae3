// The log as it grows. Rows are bounded, so that a busy log can be watched all day.

import { follow, get, of } from "../api.js";
import { add, badge, el, empty, replace } from "../elements.js";
import { counted } from "../format.js";
import { eventRow } from "./rows.js";

export const title = () => "Live";

const MAX_ROWS = 300; // more than anyone scrolls through, and light for the browser
const BEFORE = 20; // events from before that are shown at the start
const TELL_MILLIS = 4000; // between words to a screen reader
const DRAW_MILLIS = 100; // between drawings, however fast events come

export async function show({ log, into, signal, query }) {
  const { size } = await get(of(log), signal);
  const filter = { stream: query.get("stream") ?? "", type: query.get("type") ?? "", text: "" };
  const view = { paused: false, waiting: [], fresh: 0, state: "connecting" };
  const rows = el("ul", { class: "rows" });
  const status = el("span", { class: "row" });
  const told = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const nothing = empty("Waiting for events", "They appear here the moment they are durable.");
  const pause = el("button", { type: "button", "aria-pressed": "false", onclick: togglePause }, "Pause");
  const input = (label, name, title) =>
    el("label", null, label, el("input", { value: filter[name], title, autocomplete: "off", oninput: (typed) => change(name, typed.target.value) }));

  add(
    into,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, "Live"), el("p", { class: "lead" }, "Each event as it is appended, the newest on top.")),
      el("div", { class: "row" }, status, pause, el("button", { type: "button", onclick: clear }, "Clear")),
    ),
    el("form", { class: "form", onsubmit: (submitted) => submitted.preventDefault() }, input("Stream", "stream"), input("Type", "type"), input("Text in any field", "text")),
    el("section", { class: "card", "aria-label": "Events" }, nothing, rows),
    told,
  );

  function drawState() {
    const shown = {
      connecting: () => badge("quiet", "connecting"),
      "catching up": () => badge("quiet", "catching up"),
      live: () => el("span", { class: "badge good live" }, el("span", { class: "pulse" }), "live"),
      lost: () => badge("unsure", "connection lost, trying again"),
    }[view.state];
    replace(status, shown(), view.paused && badge("unsure", `paused, ${counted(view.waiting.length, "event")} waiting`));
  }

  function togglePause() {
    view.paused = !view.paused;
    pause.setAttribute("aria-pressed", String(view.paused));
    pause.textContent = view.paused ? "Go on" : "Pause";
    drawState();
  }

  function clear() {
    view.waiting = [];
    replace(rows);
    nothing.hidden = false;
  }

  let following = new AbortController();
  signal.addEventListener("abort", () => following.abort());

  function change(name, value) {
    filter[name] = value.trim();
    clear();
    begin();
  }

  function isWanted(event) {
    const text = filter.text.toLowerCase();
    return text === "" || [event.stream, event.type, event.id, event.subject, event.payloadText].some((one) => one?.toLowerCase().includes(text));
  }

  function draw() {
    if (view.paused || view.waiting.length === 0) return;
    const wanted = view.waiting.filter(isWanted).slice(-MAX_ROWS);
    view.waiting = [];
    if (wanted.length === 0) return;
    nothing.hidden = true;
    rows.prepend(...wanted.reverse().map((event) => eventRow(log, event, { fresh: view.state === "live", isDated: false })));
    while (rows.children.length > MAX_ROWS) rows.lastChild.remove();
    if (view.state === "live") view.fresh += wanted.length;
  }

  async function begin() {
    following.abort();
    following = new AbortController();
    try {
      await follow(log, {
        after: Math.max(0, size - BEFORE),
        stream: filter.stream,
        type: filter.type,
        signal: following.signal,
        onEvent(event) {
          view.waiting.push(event);
          if (view.waiting.length > MAX_ROWS) view.waiting.shift();
          if (view.paused) drawState();
        },
        onState(state) {
          // What came before is not new, so it is drawn as it was.
          draw();
          view.state = state;
          drawState();
        },
      });
    } catch (trouble) {
      replace(status, badge("bad", trouble.message));
    }
  }

  const drawing = setInterval(draw, DRAW_MILLIS);
  const telling = setInterval(() => {
    if (view.fresh > 0 && view.state === "live") told.textContent = `${counted(view.fresh, "new event")}`;
    view.fresh = 0;
  }, TELL_MILLIS);
  signal.addEventListener("abort", () => {
    clearInterval(drawing);
    clearInterval(telling);
  });
  drawState();
  begin();
}
