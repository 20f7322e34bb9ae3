// One event, read from its own bytes, and its way to the signed root, drawn and checked here.

import { get, getBytes, of, Problem } from "../api.js";
import { hex } from "../bytes.js";
import { checkEvent } from "../check.js";
import { add, badge, card, code, download, el, empty, facts, mark } from "../elements.js";
import { count, short } from "../format.js";
import { drawCover, drawPath } from "../merkle.js";
import { expiryText, instantOf } from "../record.js";
import { payloadView } from "./payload.js";

export const title = ({ parts }) => `Event ${parts[0]}`;

const PROOF_FILE = "application/vnd.c2sp.tlog-proof";

export async function show({ log, parts, into, signal, observe }) {
  const position = Number(parts[0]);
  const at = of(log, "events", parts[0]);
  const [event, told, proof, seen] = await Promise.all([get(at + "?bytes=true", signal), get(of(log), signal), proofOf(at, signal), observe()]);
  const checked = await checkEvent(log, position, event, proof, signal);
  const here = `#/logs/${encodeURIComponent(log)}`;
  add(
    into,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, `Event ${count(position)}`), el("p", { class: "lead long" }, event.type, " in ", streamLink(here, event.stream))),
      neighbours(here, position, told),
    ),
    verdictOf(checked, seen, here, proof && (() => save(log, position, at))),
    el(
      "div",
      { class: "event-grid" },
      el("div", null, payloadCard(log, position, checked), recordCard(here, checked, event), claimsCard(checked)),
      el("div", null, pathCard(checked)),
    ),
    stepsCard(checked),
  );
  const move = (pressed) => {
    if (pressed.target.closest("input, textarea, select, [role=tab], dialog") || pressed.altKey || pressed.ctrlKey || pressed.metaKey) return;
    if (pressed.key === "ArrowLeft" && position > told.firstPosition) location.hash = `${here}/events/${position - 1}`;
    if (pressed.key === "ArrowRight" && position < told.size) location.hash = `${here}/events/${position + 1}`;
  };
  addEventListener("keydown", move, { signal });
}

/** The proof, or null where no signed tree holds the event yet. */
async function proofOf(at, signal) {
  try {
    return await get(at + "/proof", signal);
  } catch (trouble) {
    if (trouble instanceof Problem && (trouble.status === 404 || trouble.status === 409)) return null;
    throw trouble;
  }
}

async function save(log, position, at) {
  download(`${log}-${position}.tlog-proof`, await getBytes(at + "/proof?format=tlog-proof", undefined, PROOF_FILE), PROOF_FILE);
}

function streamLink(here, stream) {
  return el("a", { href: `${here}/events?stream=${encodeURIComponent(stream)}&order=asc` }, stream);
}

function neighbours(here, position, told) {
  const link = (to, text, label) =>
    to >= told.firstPosition && to <= told.size
      ? el("a", { class: "button", href: `${here}/events/${to}`, "aria-label": label }, text)
      : el("span", { class: "button", "aria-disabled": "true", "aria-label": label + ": none", role: "link" }, text);
  return el("nav", { class: "row", "aria-label": "Neighbours" }, link(position - 1, "← Before", "The event before"), link(position + 1, "After →", "The event after"));
}

function verdictOf(checked, seen, here, onSave) {
  const words = {
    good: ["Proven in this browser", `From its bytes to the key ${short(seen.vkey ?? "", 14)}, every hash was computed here.`],
    bad: ["This does not hold", checked.reason],
    unsure: ["Not proven", checked.reason],
  }[checked.verdict];
  const trust =
    checked.verdict === "good" && seen.how === "first use"
      ? [" The key is the first that this server showed; ", el("a", { href: here + "/keys" }, "compare it"), " once with one from elsewhere."]
      : null;
  return el(
    "div",
    { class: "verdict " + checked.verdict, role: "status", "data-verdict": checked.verdict },
    mark(checked.verdict),
    el("div", null, el("strong", null, words[0]), el("p", null, words[1], trust)),
    el("div", { class: "row" }, onSave && el("button", { type: "button", onclick: onSave }, "Download .tlog-proof")),
  );
}

function payloadCard(log, position, checked) {
  if (checked.body === null) {
    const isErased = checked.steps.some(({ title, state }) => title === "Payload" && state === "quiet");
    return card(
      "Payload",
      null,
      isErased
        ? empty("Erased", "What it was is gone. That it was there, when, and its salted hash, stay provable.")
        : empty("Not shown", "The payload could not be read from the body that the record commits to."),
    );
  }
  const { tools, panel } = payloadView(checked.body.payload, `${log}-${position}.payload`);
  return card("Payload", { tools }, panel);
}

function recordCard(here, checked, event) {
  const record = checked.record;
  if (record === null) return card("Record", null, empty("No record", "The server sent none that could be read."));
  return card(
    "Record",
    { tools: el("span", { class: "soft" }, "read from its bytes") },
    facts([
      ["Type", el("a", { href: `${here}/events?type=${encodeURIComponent(record.type)}` }, record.type)],
      ["Stream", el("span", null, streamLink(here, record.stream), ` at revision ${record.revision}`)],
      record.id !== "" && ["Id", code(record.id)],
      checked.body?.subject && ["Subject", el("a", { href: `${here}/events?subject=${encodeURIComponent(checked.body.subject)}` }, checked.body.subject)],
      ["Recorded at", instantOf(record.recordedAt)],
      ["Admitted by", gate(record.admittedBy)],
      ["Link", code(event.link)],
      ["Previous link", el("span", null, code(record.previousLink), record.position > 1n && el("span", null, " of ", el("a", { href: `${here}/events/${record.position - 1n}` }, `event ${count(record.position - 1n)}`)))],
      ["Body hash", code(record.bodyHash)],
    ]),
  );
}

/** What a gate's name says about signatures. */
function gate(name) {
  const [kind, text] = name.startsWith("unsigned/")
    ? ["quiet", "It takes what comes in: nobody has signed this event."]
    : name.startsWith("stele-receipt/")
      ? ["good", "Signed by the log's own key; the page of receipts checks it here."]
      : ["unsure", "It checked a signature when the event came in. This page does not check that one again; stele verify does."];
  return el("span", { class: "stack" }, el("span", { class: "row" }, code(name), badge(kind, kind === "quiet" ? "unsigned" : "signed")), el("span", { class: "soft" }, text));
}

function claimsCard(checked) {
  const claims = checked.body?.claims ?? [];
  if (claims.length === 0) return null;
  return card(
    "Claims",
    { tools: el("span", { class: "soft" }, "what no other event may take") },
    facts(
      claims.map((claim) => [
        claim.scope,
        el("span", null, code(printable(claim.key)), el("span", { class: "soft" }, ` ${expiryText(claim.expiresAt)}; a duplicate ${claim.answersExisting ? "gets this position" : "is refused"}`)),
      ]),
    ),
  );
}

function printable(key) {
  const text = new TextDecoder().decode(key);
  return /^[\x20-\x7e]+$/.test(text) ? text : hex(key);
}

function pathCard(checked) {
  const tree = checked.tree;
  if (tree === null) return card("Path to the root", null, empty("No path", checked.reason ?? "There is none to draw."));
  const state = tree.holds ? "good" : checked.checkpoint === null ? "unsure" : "bad";
  return card(
    "Path to the root",
    { tools: el("span", { class: "soft" }, `${tree.steps.length} levels, ${count(tree.size)} events`) },
    drawPath(tree, state, checked.checkpoint),
    drawCover(tree),
    tree.steps.length > 0 &&
      el(
        "details",
        null,
        el("summary", null, "Every hash of the path"),
        el(
          "ol",
          { class: "path-list" },
          tree.steps.map((step) =>
            el(
              "li",
              null,
              `with events ${count(step.begin + 1n)} to ${count(step.end)} on the ${step.onTheLeft ? "left" : "right"}`,
              el("div", { class: "soft" }, code(hex(step.sibling))),
              "gives",
              el("div", null, code(hex(step.node))),
            ),
          ),
        ),
      ),
  );
}

function stepsCard(checked) {
  return card(
    "Step by step",
    { tools: el("span", { class: "soft" }, "computed here") },
    el(
      "ol",
      { class: "steps" },
      checked.steps.map((step) =>
        el(
          "li",
          { class: "step", "data-state": step.state },
          el("span", { class: "disc " + step.state }, mark(step.state)),
          el(
            "div",
            null,
            el("h3", null, step.title, el("span", { class: "unseen" }, { good: ": holds", bad: ": does not hold", unsure: ": not known", quiet: "" }[step.state])),
            el("p", null, step.text),
            step.hashes.length > 0 &&
              el("dl", null, step.hashes.filter(({ value }) => value).map(({ label, value, state }) => el("div", null, el("dt", null, label), el("dd", { class: state && "is-" + state }, value)))),
          ),
        ),
      ),
    ),
  );
}
