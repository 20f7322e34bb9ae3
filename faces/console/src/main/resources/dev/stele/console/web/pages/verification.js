// What the server says of the log's soundness, what this browser has found itself, and a way to have more of it looked at.

import { get, of, send } from "../api.js";
import { checkEvent } from "../check.js";
import { add, badge, card, code, el, facts, mark, replace } from "../elements.js";
import { ago, count, counted, percent, time } from "../format.js";
import { provenBar } from "../charts.js";
import { verdictBadge } from "./logs.js";
import { checkpointCard } from "./overview.js";

export const title = () => "Verification";

const REFRESH_MILLIS = 1500;
const SAMPLES = 24; // events that are picked by chance: some seconds of work for a phone

export async function show({ log, into, signal, observe }) {
  const health = el("div", { class: "stack" });
  const trouble = el("p", { role: "alert" });
  const scrub = el("button", { type: "button", class: "first", onclick: start }, "Re-compute the log");
  const [told, seen] = await Promise.all([get(of(log, "verification"), signal), observe()]);
  draw(health, told, scrub);
  add(
    into,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, "Verification"), el("p", { class: "lead" }, "The server checks itself, and says what it found. This browser checks the server, and need not believe it.")),
    ),
    el(
      "div",
      { class: "grid" },
      card("The server's own word", { tools: scrub }, health, trouble),
      checkpointCard(log, seen, `#/logs/${encodeURIComponent(log)}`),
    ),
    samplesCard(log, told.size, signal),
  );

  async function start() {
    trouble.textContent = "";
    scrub.disabled = true;
    try {
      await send("POST", of(log, "scrub"));
    } catch (problem) {
      trouble.textContent = problem.status === 403 ? "That takes the role admin on this log." : problem.message;
    }
    scrub.disabled = false;
    refresh();
  }

  async function refresh() {
    try {
      draw(health, await get(of(log, "verification"), signal), scrub);
    } catch {
      // The frame says that the server does not answer.
    }
  }

  const timer = setInterval(() => !document.hidden && refresh(), REFRESH_MILLIS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function draw(into, told, scrub) {
  const isBroken = told.verdict !== "intact";
  const scrubbing = told.scrubbing ?? null;
  scrub.disabled = scrubbing !== null;
  replace(
    into,
    el("div", { class: "row" }, verdictBadge(told), scrubbing !== null && badge("unsure", `re-computing, ${percent(scrubbing, told.size)}`)),
    provenBar(scrubbing ?? told.provenSize, told.size, isBroken ? told.brokenAt : 0),
    scrubbing !== null && el("progress", { class: "unseen", max: told.size, value: scrubbing, "aria-label": "Events re-computed" }),
    facts([
      isBroken && ["Fault", `${told.fault} at ${count(told.brokenAt)}: ${told.detail}`],
      isBroken && ["Good up to", count(told.lastGood)],
      ["Size", count(told.size)],
      ["Proven", told.provenSize > 0 ? `the first ${count(told.provenSize)} (${told.provenDepth}), ${time(told.provenAt)}, ${ago(told.provenAt)}` : "nothing re-computed since it was opened"],
      ["Signed", `the first ${count(told.signedSize)}`],
      told.anchored && ["Anchored", "compared with the checkpoint kept outside the log"],
      // As of when the log was opened; none then says nothing of now.
      told.erased > 0 && ["Erased", `${counted(told.erased, "event")}, each named by a receipt`],
      told.root && ["Root", code(told.root)],
    ]),
  );
}

function samplesCard(log, size, signal) {
  const dots = el("ol", { class: "row samples", "aria-label": "Events checked" });
  const told = el("p", { role: "status", class: "soft" }, `${Math.min(SAMPLES, size)} events picked by chance, each checked from its bytes to the key.`);
  const button = el("button", { type: "button", disabled: size === 0, onclick: run }, "Check some here");
  async function run() {
    button.disabled = true;
    replace(dots);
    const found = { good: 0, bad: 0, unsure: 0 };
    for (const position of picked(size)) {
      const verdict = await checkOne(log, position, signal);
      found[verdict]++;
      dots.append(
        el(
          "li",
          null,
          el("a", { class: "badge " + verdict, href: `#/logs/${encodeURIComponent(log)}/events/${position}`, "aria-label": `Event ${position}: ${verdict}` }, mark(verdict), String(position)),
        ),
      );
    }
    told.textContent = `${found.good} hold, ${found.bad} do not, ${found.unsure} could not be checked to the end.`;
    button.disabled = false;
  }
  return card("Some events, checked in this browser", { tools: button }, told, dots);
}

async function checkOne(log, position, signal) {
  const at = of(log, "events", String(position));
  try {
    const event = await get(at + "?bytes=true", signal);
    const proof = await get(at + "/proof", signal).catch(() => null);
    return (await checkEvent(log, position, event, proof, signal)).verdict;
  } catch {
    return "unsure";
  }
}

/** Distinct positions by chance, ascending; all of them where there are few. */
function picked(size) {
  const positions = new Set();
  while (positions.size < Math.min(SAMPLES, size)) positions.add(1 + Math.floor(Math.random() * size));
  return [...positions].sort((one, other) => one - other);
}
