// Consumer groups: how far each has come, and what nobody could handle.

import { get, of, send, withQuery } from "../api.js";
import { add, badge, card, el, empty, facts, replace, table } from "../elements.js";
import { count, counted, time } from "../format.js";

export const title = () => "Subscriptions";

export async function show({ log, into, signal, reload }) {
  const { groups } = await get(of(log, "subscriptions"), signal);
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Subscriptions"), el("p", { class: "lead" }, "Groups of consumers share the work. What none of them could handle is parked."))),
    groups.length === 0
      ? empty("No groups", "A consumer makes its group with a PUT to /v1/logs/…/subscriptions/GROUP, and fetches from it.")
      : groups.map((group) => groupCard(log, group, signal, reload)),
  );
}

function groupCard(log, group, signal, reload) {
  const below = el("div");
  const parked = Number(group.parked ?? 0);
  const button =
    parked > 0 && el("button", { type: "button", class: "small", onclick: () => showParked(log, group, below, signal, reload) }, `Look at ${counted(parked, "parked event")}`);
  return card(
    group.name ?? group.group,
    { tools: el("div", { class: "row" }, parked > 0 ? badge("bad", `${count(parked)} parked`) : badge("good", "nothing parked"), button) },
    facts(Object.entries(group).filter(([name]) => !["name", "group", "parked"].includes(name)).map(([name, value]) => [words(name), shown(name, value)])),
    below,
  );
}

function words(name) {
  const spaced = name.replace(/([A-Z])/g, " $1").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function shown(name, value) {
  if (typeof value === "number") return count(value);
  if (value === null || value === undefined) return "–";
  if (name.endsWith("At")) return time(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

async function showParked(log, group, into, signal, reload) {
  const address = of(log, "subscriptions", group.name ?? group.group, "parked");
  const trouble = el("p", { role: "alert" });
  const { parked } = await get(withQuery(address, { limit: 100 }), signal);
  const act = async (position, action) => {
    try {
      await send("POST", address, { position, action });
      reload();
    } catch (problem) {
      trouble.textContent = problem.message;
    }
  };
  replace(
    into,
    table(
      "Parked events",
      ["#Position", "Reason", "#Tries", "", ""],
      parked.map((one) => [
        el("a", { href: `#/logs/${encodeURIComponent(log)}/events/${one.position}` }, String(one.position)),
        one.reason ?? "–",
        count(one.attempts ?? one.tries),
        el("button", { type: "button", class: "small", onclick: () => act(one.position, "retry") }, "Put back"),
        el("button", { type: "button", class: "small", onclick: () => act(one.position, "drop") }, "Drop"),
      ]),
    ),
    trouble,
  );
}
