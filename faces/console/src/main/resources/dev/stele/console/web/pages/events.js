// Looks for events: by text, stream, type, subject, id and time, page by page.

import { get, of, withQuery } from "../api.js";
import { add, el, empty } from "../elements.js";
import { count } from "../format.js";
import { eventRow } from "./rows.js";

export const title = () => "Events";

const LIMIT = 50;
const FIELDS = [
  ["q", "Text in any field", "search"],
  ["stream", "Stream"],
  ["type", "Type"],
  ["subject", "Subject"],
  ["id", "Id"],
  ["from", "Recorded from", "datetime-local"],
  ["to", "Recorded before", "datetime-local"],
];

export async function show({ log, into, signal, query }) {
  const isNewestFirst = query.get("order") !== "asc";
  const asked = Object.fromEntries(FIELDS.map(([name]) => [name, query.get(name) ?? ""]));
  const page = await get(
    withQuery(of(log, "events"), {
      ...asked,
      from: instant(asked.from),
      to: instant(asked.to),
      limit: LIMIT,
      order: isNewestFirst ? "desc" : "asc",
      before: isNewestFirst ? query.get("at") : "",
      after: isNewestFirst ? "" : query.get("at"),
    }),
    signal,
  );
  const here = `#/logs/${encodeURIComponent(log)}/events`;
  const search = { ...asked, order: isNewestFirst ? "" : "asc" };
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Events"), el("p", { class: "lead" }, `${count(page.headPosition)} in the log.`)), goTo(here, page.headPosition)),
    form(here, asked, isNewestFirst),
    page.events.length === 0
      ? page.more
        ? empty("Nothing found so far", `Events ${isNewestFirst ? "down" : "up"} to ${count(page.after)} were looked at.`)
        : empty("Nothing found", Object.values(asked).some(Boolean) ? "No event is like that." : "This log has no events yet.")
      : el("section", { class: "card", "aria-label": "Events found" }, el("ul", { class: "rows" }, page.events.map((event) => eventRow(log, event)))),
    el(
      "nav",
      { class: "row between", "aria-label": "Pages of the result" },
      query.get("at") ? el("a", { class: "button", href: withQuery(here, search) }, "First page") : el("span"),
      page.more
        ? el("a", { class: "button", href: withQuery(here, { ...search, at: page.after }) }, page.events.length < LIMIT ? "Look further" : isNewestFirst ? "Older" : "Newer")
        : el("span", { class: "soft" }, page.events.length > 0 ? "That is all." : ""),
    ),
  );
}

function form(here, asked, isNewestFirst) {
  const order = el(
    "select",
    { name: "order" },
    el("option", { value: "", selected: isNewestFirst }, "newest first"),
    el("option", { value: "asc", selected: !isNewestFirst }, "oldest first"),
  );
  return el(
    "form",
    {
      class: "form",
      role: "search",
      "aria-label": "Events",
      onsubmit: (submitted) => {
        submitted.preventDefault();
        location.hash = withQuery(here, Object.fromEntries(new FormData(submitted.target)));
      },
    },
    FIELDS.map(([name, label, type]) =>
      el("label", { class: name === "q" && "wide" }, label, el("input", { name, type: type ?? "text", value: asked[name], autocomplete: "off", step: type === "datetime-local" && "1" })),
    ),
    el("label", null, "Order", order),
    el("div", { class: "row" }, el("button", { class: "first" }, "Search"), el("a", { class: "button", href: here }, "Reset")),
  );
}

function goTo(here, head) {
  const input = el("input", { type: "number", min: 1, max: head, required: true, placeholder: "7", "aria-label": "Position" });
  return el(
    "form",
    {
      class: "row",
      onsubmit: (submitted) => {
        submitted.preventDefault();
        location.hash = `${here}/${input.value}`;
      },
    },
    input,
    el("button", null, "Go to position"),
  );
}

function instant(local) {
  const date = new Date(local);
  return local === "" || Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
