// All logs of the server, and what is known of each at a glance.

import { get, send } from "../api.js";
import { add, badge, el, empty } from "../elements.js";
import { ago, count, counted, percent } from "../format.js";
import { provenBar } from "../charts.js";

export const title = () => "Logs";

export async function show({ into, signal }) {
  const { logs } = await get("v1/logs", signal);
  add(
    into,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, "Logs"), el("p", { class: "lead" }, "Each is a chain of its own, with its own key. Pick one.")),
      el("button", { type: "button", onclick: make }, "Make a log"),
    ),
    logs.length === 0
      ? empty("No log to show", "There is none that you may read. With a token you may see more.")
      : el("div", { class: "grid" }, logs.map(tile)),
  );
}

function tile(log) {
  const isBroken = log.verdict !== "intact";
  return el(
    "a",
    { class: "card link", href: `#/logs/${encodeURIComponent(log.name)}` },
    el("div", { class: "card-head" }, el("h2", null, log.name), verdictBadge(log)),
    el("p", { class: "mono soft long" }, log.origin),
    el("div", { class: "row between" }, el("span", null, counted(log.size, "event")), el("span", { class: "soft" }, `of kind ${log.kind}`)),
    provenBar(log.provenSize, log.size, isBroken ? log.brokenAt : 0),
    el(
      "p",
      { class: "soft" },
      log.provenSize > 0 ? `${percent(log.provenSize, log.size)} proven by the server, ${ago(log.provenAt)}` : "not scrubbed yet",
    ),
  );
}

/** What the server says of a log. */
export function verdictBadge(log) {
  return log.verdict === "intact"
    ? badge("good", "intact", "The server says so")
    : badge("bad", `broken at ${count(log.brokenAt)}`, log.detail);
}

function make() {
  const name = el("input", { name: "name", pattern: "[a-z0-9-]{1,63}", required: true, autocomplete: "off" });
  const kind = el("select", { name: "kind" }, el("option", { value: "events" }, "events"), el("option", { value: "envelopes" }, "envelopes"));
  const trouble = el("p", { role: "alert" });
  const dialog = el(
    "dialog",
    { "aria-labelledby": "make-title", onclose: () => dialog.remove() },
    el(
      "form",
      {
        onsubmit: async (submitted) => {
          submitted.preventDefault();
          try {
            await send("POST", "v1/logs", { name: name.value, kind: kind.value });
            dialog.close();
            location.hash = `#/logs/${encodeURIComponent(name.value)}`;
          } catch (problem) {
            trouble.textContent = problem.message;
          }
        },
      },
      el("h2", { id: "make-title" }, "Make a log"),
      el("label", null, "Name: a to z, 0 to 9 and -", name),
      el("label", null, "Kind", kind),
      trouble,
      el(
        "div",
        { class: "row end" },
        el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        el("button", { class: "first" }, "Make it"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
