// One event as a line of a list.

import { fromBase64 } from "../bytes.js";
import { el } from "../elements.js";
import { bytes, clock, time } from "../format.js";

const PREVIEW = 160; // characters of a payload: more than any screen shows in a line

/** A link to an event with what it is about. */
export function eventRow(log, event, { fresh = false, isDated = true } = {}) {
  return el(
    "li",
    { class: fresh && "fresh" },
    el(
      "a",
      { class: "event-row", href: `#/logs/${encodeURIComponent(log)}/events/${event.position}` },
      el("span", { class: "at" }, String(event.position)),
      el("span", null, event.type),
      el("span", { class: "stream" }, event.stream),
      el("span", { class: "what" }, preview(event)),
      el("time", { datetime: event.recordedAt }, isDated ? time(event.recordedAt) : clock(event.recordedAt)),
    ),
  );
}

function preview(event) {
  if (event.erased) return "erased";
  if (typeof event.payloadText === "string") return event.payloadText.slice(0, PREVIEW);
  return bytes(fromBase64(event.payload)?.length ?? 0);
}
