// Whom this browser trusts about a log, and, in a log of envelopes, whose envelopes are admitted.

import { get, of } from "../api.js";
import { add, badge, card, code, confirm, copyButton, el, empty, facts, table } from "../elements.js";
import { count, time } from "../format.js";
import { forget, memory, pin, remembers } from "../trust.js";

export const title = () => "Keys";

export async function show({ log, into, signal, observe, reload }) {
  const [told, seen] = await Promise.all([get(of(log), signal), observe()]);
  const envelopeKeys = told.kind === "envelopes" ? (await get(of(log, "envelope-keys"), signal)).keys : null;
  const remembered = memory(log);
  add(
    into,
    el(
      "div",
      { class: "page-head" },
      el("div", null, el("h1", null, "Keys"), el("p", { class: "lead" }, "A proof is worth as much as the key it ends in. This browser pins the key that it saw first, and speaks up when another one is shown.")),
    ),
    el("div", { class: "grid" }, pinnedCard(log, remembered, seen, reload), rememberedCard(log, remembered, reload)),
    envelopeKeys !== null && envelopesCard(envelopeKeys),
  );
}

function pinnedCard(log, remembered, seen, reload) {
  if (remembered === null) return card("The pinned key", null, empty("None yet", seen.reason ?? "The log has shown no key."), pinForm(log, reload));
  const isSame = seen.served === undefined || seen.served === remembered.vkey;
  const [name, id] = remembered.vkey.split("+");
  return card(
    "The pinned key",
    { tools: copyButton(remembered.vkey, "the key") },
    el("p", { class: "row" }, isSame ? badge("good", "the server shows the same") : badge("bad", "the server shows another one"), remembered.how === "first use" ? badge("unsure", "trusted on first use") : badge("good", "pinned by hand")),
    facts([
      ["Key", code(remembered.vkey)],
      ["Log", name],
      ["Id", code(id)],
      ["Pinned", time(remembered.since)],
      !isSame && ["Shown now", code(seen.served)],
    ]),
    remembered.how === "first use" &&
      el(
        "div",
        { class: "stack" },
        el("p", null, "This browser took the first key that the server showed. If it was the wrong one, everything it signs looks right. Compare it once with a copy that came another way: from who runs the log, or from the file log.vkey."),
        el(
          "div",
          { class: "row" },
          el("button", { type: "button", class: "first", onclick: () => pin(log, remembered.vkey, "by hand").then(reload) }, "I have compared it: it is right"),
        ),
      ),
    el("details", null, el("summary", null, "Pin another key"), pinForm(log, reload)),
  );
}

function pinForm(log, reload) {
  const input = el("textarea", { rows: 3, required: true, spellcheck: "false", autocomplete: "off" });
  const trouble = el("p", { role: "alert" });
  return el(
    "form",
    {
      class: "stack",
      onsubmit: async (submitted) => {
        submitted.preventDefault();
        try {
          await pin(log, input.value.trim(), "by hand");
          reload();
        } catch (refusal) {
          trouble.textContent = refusal.message;
        }
      },
    },
    el("label", null, "The log's public key: name+id+base64", input),
    trouble,
    el("div", { class: "row end" }, el("button", null, "Pin it")),
  );
}

function rememberedCard(log, remembered, reload) {
  const seen = remembered?.seen ?? null;
  return card(
    "What this browser remembers",
    null,
    el("p", { class: "soft" }, remembers() ? "Kept in this browser, for this server, and sent nowhere." : "This browser keeps nothing for this page: it is forgotten when the page is closed."),
    seen === null
      ? empty("No checkpoint yet", "The first good one is remembered. A later one has to continue it.")
      : facts([
          ["Last checkpoint", `of ${count(Number(seen.size))} events`],
          ["Root", code(seen.root)],
          ["Seen", time(seen.at)],
        ]),
    remembered !== null &&
      el(
        "div",
        { class: "row end" },
        el(
          "button",
          {
            type: "button",
            class: "danger",
            onclick: async () => {
              const sure = await confirm("Forget this log?", "The pinned key, the last checkpoint and every alarm go. The next key that the server shows will be trusted.", "Forget it");
              if (sure) {
                forget(log);
                location.reload();
              }
            },
          },
          "Forget this log",
        ),
      ),
  );
}

function envelopesCard(keys) {
  if (keys.length === 0) return card("Keys of envelopes", null, empty("No keys", "Register one, and envelopes that it signs are admitted."));
  const columns = [...new Set(keys.flatMap((key) => Object.keys(key)))];
  return card(
    "Keys of envelopes",
    { tools: el("span", { class: "soft" }, "whose envelopes are admitted") },
    table("Keys of envelopes", columns.map(words), keys.map((key) => columns.map((name) => (key[name] === null || key[name] === undefined ? "–" : el("span", { class: "long" }, String(key[name])))))),
  );
}

function words(name) {
  const spaced = name.replace(/([A-Z])/g, " $1").replaceAll("_", " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
