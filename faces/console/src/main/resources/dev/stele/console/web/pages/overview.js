// A log at a glance: how large, how sound, how busy.

import { get, of, withQuery } from "../api.js";
import { add, badge, card, code, copyButton, el, empty, facts, replace } from "../elements.js";
import { ago, count, percent, short, time } from "../format.js";
import { barList, provenBar, ratePlot } from "../charts.js";
import { hex } from "../bytes.js";
import { verdictBadge } from "./logs.js";
import { eventRow } from "./rows.js";

export const title = () => "Overview";

const REFRESH_MILLIS = 5000;
const MINUTE = 60_000;
const SPANS = [
  { name: "1 h", minutes: 60, step: 1, each: "events a minute" },
  { name: "6 h", minutes: 360, step: 5, each: "events in 5 minutes" },
  { name: "1 day", minutes: 1440, step: 15, each: "events in 15 minutes" },
  { name: "7 days", minutes: 10080, step: 120, each: "events in 2 hours" },
];
const TOP = 6; // streams and types on this page

export async function show({ log, into, signal, observe }) {
  const state = { span: SPANS[0] };
  const head = el("div", { class: "page" });
  const plot = el("div");
  const below = el("div", { class: "page" });
  const spans = el(
    "div",
    { class: "row", role: "group", "aria-label": "Span of time" },
    SPANS.map((span) =>
      el("button", { type: "button", class: "small", "aria-pressed": String(span === state.span), onclick: (clicked) => choose(span, clicked.target) }, span.name),
    ),
  );
  function choose(span, button) {
    state.span = span;
    for (const one of spans.children) one.setAttribute("aria-pressed", String(one === button));
    drawRates(log, state.span, plot, signal);
  }
  const plotCard = card("Events over time", { tools: spans }, plot);
  async function drawAll() {
    const [told] = await Promise.all([draw(log, head, below, observe, signal), drawRates(log, state.span, plot, signal)]);
    plotCard.hidden = told.size === 0;
  }
  await drawAll();
  add(into, head, plotCard, below);
  const timer = setInterval(async () => {
    if (document.hidden || !into.isConnected || into.contains(document.activeElement)) return;
    try {
      await drawAll();
    } catch {
      // The frame says that the server does not answer.
    }
  }, REFRESH_MILLIS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

async function draw(log, head, below, observe, signal) {
  const [told, streams, types, newest, seen] = await Promise.all([
    get(of(log), signal),
    get(withQuery(of(log, "streams"), { limit: 1000 }), signal),
    get(withQuery(of(log, "types"), { limit: 1000 }), signal),
    get(withQuery(of(log, "events"), { order: "desc", limit: 8 }), signal),
    observe(),
  ]);
  const here = `#/logs/${encodeURIComponent(log)}`;
  replace(
    head,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, log), el("p", { class: "mono soft long" }, told.origin)),
      el("div", { class: "row" }, verdictBadge(told), signedBadge(seen)),
    ),
    el(
      "dl",
      { class: "figures" },
      [
        ["events", count(told.size)],
        ["proven by the server", percent(told.provenSize, told.size)],
        ["under a signed checkpoint", seen.checkpoint ? count(Number(seen.checkpoint.size)) : "–"],
        ["streams", atMost(streams.streams)],
        ["types", atMost(types.types)],
        ["following live", count(told.followers ?? 0)],
      ].map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))),
    ),
  );
  replace(
    below,
    told.size === 0
      ? nothingYet(log)
      : card(
          "Newest events",
          { tools: el("a", { href: here + "/live" }, "Watch live") },
          el("ul", { class: "rows" }, newest.events.map((event) => eventRow(log, event))),
        ),
    el(
      "div",
      { class: "grid" },
      soundness(told, here),
      checkpointCard(log, seen, here),
      streams.streams.length > 0 &&
        card(
          "Streams",
          { tools: el("a", { href: here + "/streams" }, "All") },
          barList(top(streams.streams, "stream").map((one) => ({ ...one, href: `${here}/events?stream=${encodeURIComponent(one.name)}` }))),
        ),
      types.types.length > 0 &&
        card(
          "Types",
          null,
          barList(top(types.types, "type").map((one) => ({ ...one, href: `${here}/events?type=${encodeURIComponent(one.name)}` }))),
        ),
    ),
  );
  return told;
}

function atMost(rows) {
  return rows.length === 1000 ? "1,000+" : count(rows.length);
}

function top(rows, name) {
  return rows
    .map((row) => ({ name: row[name], value: row.events }))
    .sort((one, other) => other.value - one.value)
    .slice(0, TOP);
}

function soundness(told, here) {
  const isBroken = told.verdict !== "intact";
  return card(
    "Soundness, as the server tells it",
    { tools: el("a", { href: here + "/verification" }, "More") },
    provenBar(told.provenSize, told.size, isBroken ? told.brokenAt : 0),
    facts([
      ["Verdict", isBroken ? `broken at ${count(told.brokenAt)}: ${told.detail}` : "intact"],
      ["Proven", told.provenSize > 0 ? `the first ${count(told.provenSize)}, ${ago(told.provenAt)}` : "nothing re-computed since it was opened"],
      ["Signed", `the first ${count(told.signedSize)}`],
      told.erased > 0 && ["Erased", `${count(told.erased)}, each named by a receipt`],
      ["Head", code(told.headLink)],
    ]),
  );
}

/** What this browser makes of the log's checkpoint, in a word. */
export function signedBadge(seen) {
  return {
    good: () => badge("good", "signature checked", "By this browser, under the key that it has pinned"),
    bad: () => badge("bad", "checkpoint refused", seen.reason),
    none: () => badge("quiet", "nothing signed yet"),
    unsure: () => badge("unsure", "not checked", seen.reason),
  }[seen.state]();
}

/** The last checkpoint, taken apart and checked here. */
export function checkpointCard(log, seen, here) {
  if (seen.state === "none") return card("Checkpoint", null, empty("Nothing is signed yet", "A log signs its first checkpoint soon after its first event."));
  const checkpoint = seen.checkpoint;
  const note = seen.note ? new TextDecoder().decode(seen.note) : "";
  return card(
    "Checkpoint, checked in this browser",
    { tools: note && copyButton(note, "the checkpoint") },
    el("p", { class: "row" }, signedBadge(seen), seen.reason && el("span", null, seen.reason)),
    checkpoint &&
      facts([
        ["Size", count(Number(checkpoint.size))],
        ["Root", code(hex(checkpoint.root))],
        ["Key", el("span", null, code(short(seen.vkey, 18)), " ", el("a", { href: here + "/keys" }, seen.how === "first use" ? "trusted on first use" : "pinned by hand"))],
        ["Pinned", time(seen.since)],
        checkpoint.others.length > 0 && ["Also signed by", checkpoint.others.map(({ name }) => name).join(", ") + " (not judged here)"],
      ]),
  );
}

async function drawRates(log, span, plot, signal) {
  const step = span.step * MINUTE;
  const to = Math.ceil(Date.now() / step) * step;
  const from = to - span.minutes * MINUTE;
  const { rates } = await get(withQuery(of(log, "rates"), { from: new Date(from).toISOString(), to: new Date(to).toISOString() }), signal);
  replace(plot, ratePlot(rates.map(({ minute, events }) => ({ at: Date.parse(minute), value: events })), from, to, step, span.each));
}

function nothingYet(log) {
  return empty(
    "No events yet",
    "Append the first one from a terminal; it will show up here.",
    el("pre", null, `curl -H 'Content-Type: application/json' ${location.origin}/v1/logs/${log}/events \\\n  -d '{"stream": "doors", "type": "door.opened", "payloadJson": {"door": 7}}'`),
  );
}
