// Consumer groups: how far each has come, and what nobody could handle.

import { get, of, send, withQuery } from "../api.js";
import { provenBar } from "../charts.js";
import { add, badge, card, el, empty, facts, replace, table } from "../elements.js";
import { count, counted, time } from "../format.js";

export const title = () => "Subscriptions";

const LIMIT = 100; // parked events that are shown at a time

export async function show({ log, into, signal, reload }) {
  const [{ subscriptions }, { size }] = await Promise.all([get(of(log, "subscriptions"), signal), get(of(log), signal)]);
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Subscriptions"), el("p", { class: "lead" }, "Groups of consumers share the work. What none of them could handle is parked."))),
    subscriptions.length === 0
      ? empty("No groups", "A consumer makes its group, and fetches from it:", el("pre", null, `curl -X PUT -H 'Content-Type: application/json' -d '{}' \\\n  ${location.origin}/v1/logs/${log}/subscriptions/mailer`))
      : subscriptions.map((group) => groupCard(log, size, group, signal, reload)),
  );
}

function groupCard(log, size, group, signal, reload) {
  const below = el("div");
  const button =
    group.parked > 0 && el("button", { type: "button", class: "small", onclick: () => showParked(log, group, below, signal, reload) }, `Look at ${counted(group.parked, "parked event")}`);
  return card(
    group.name,
    { tools: el("div", { class: "row" }, group.parked > 0 ? badge("bad", `${count(group.parked)} parked`) : badge("good", "nothing parked"), button) },
    provenBar(group.through, size, 0, "handled"),
    facts([
      ["Handled", `all up to ${count(group.through)}, ${group.lag === 0 ? "nothing is behind" : `${counted(group.lag, "event")} behind`}`],
      ["Under way", `${count(group.leased)} leased for ${count(group.leaseMillis / 1000)} s each, ${count(group.waitingToBeGivenAgain)} waiting to be given again`],
      ["Consumers", Object.entries(group.consumers).map(([name, leased]) => `${name} (${leased})`).join(", ") || "none at work"],
      ["Tries", `at most ${count(group.maxAttempts)}, then an event is parked`],
      group.stream && ["Stream", group.stream],
      group.type && ["Type", group.type],
    ]),
    below,
  );
}

async function showParked(log, group, into, signal, reload) {
  const address = of(log, "subscriptions", group.name, "parked");
  const trouble = el("p", { role: "alert" });
  const { parked } = await get(withQuery(address, { limit: LIMIT }), signal);
  const act = async (choice) => {
    try {
      await send("POST", address, choice);
      reload();
    } catch (problem) {
      trouble.textContent = problem.message;
    }
  };
  const button = (text, choice, position) =>
    el("button", { type: "button", class: "small", "aria-label": `${text} event ${position}`, onclick: () => act(choice) }, text);
  replace(
    into,
    table(
      "Parked events",
      ["#Position", "Reason", "#Tries", "Parked", "What now"],
      parked.map((one) => [
        el("a", { href: `#/logs/${encodeURIComponent(log)}/events/${one.position}` }, String(one.position)),
        one.reason,
        count(one.attempts),
        time(one.parkedAt),
        el("span", { class: "row" }, button("Put back", { retry: [one.position] }, one.position), button("Drop", { drop: [one.position] }, one.position)),
      ]),
    ),
    trouble,
  );
}
