// Who one is to this server, and the API tokens it knows.

import { get, send } from "../api.js";
import { add, card, code, confirm, copyButton, el, empty, facts, replace, table } from "../elements.js";
import { time } from "../format.js";

export const title = () => "Access";

export async function show({ into, signal, reload }) {
  const [who, version, tokens] = await Promise.all([
    get("v1/whoami", signal),
    get("version", signal).catch(() => ({})),
    get("v1/tokens", signal).catch((trouble) => {
      if (trouble.status === 401 || trouble.status === 403) return "Tokens are shown to admins of the whole server.";
      if (trouble.status === 404) return "This server gives out no tokens.";
      throw trouble;
    }),
  ]);
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Access"), el("p", { class: "lead" }, "Who you are here, and who else may come in."))),
    el(
      "div",
      { class: "grid" },
      card("You", null, facts(Object.entries(who).map(([name, value]) => [words(name), said(value)]))),
      card("This server", null, facts(Object.entries(version).map(([name, value]) => [words(name), said(value)]))),
    ),
    typeof tokens === "string"
      ? card("Tokens", null, empty("No tokens to see", tokens))
      : tokensCard(tokens.tokens, reload),
  );
}

function words(name) {
  const spaced = name.replace(/([A-Z])/g, " $1").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function said(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${one} on ${name === "*" ? "every log" : name}`)
    .join(", ") || "–";
}

function tokensCard(tokens, reload) {
  const secret = el("div", { role: "status" });
  return card(
    "Tokens",
    { tools: el("span", { class: "soft" }, "a secret is shown once") },
    makeForm(secret),
    secret,
    tokens.length === 0
      ? empty("No tokens", "Give one to each program, with the lowest role that will do.")
      : table(
          "API tokens",
          ["Name", "Roles", "Made", "What now"],
          tokens.map((token) => [
            token.name,
            said(token.roles),
            time(token.issuedAt),
            el("button", { type: "button", class: "small danger", "aria-label": `Revoke ${token.name}`, onclick: () => revoke(token, reload) }, "Revoke"),
          ]),
        ),
  );
}

async function revoke(token, reload) {
  if (await confirm(`Revoke ${token.name}?`, "Whoever uses it is refused from now on.", "Revoke it")) {
    await send("DELETE", `v1/tokens/${encodeURIComponent(token.id)}`);
    reload();
  }
}

function makeForm(secret) {
  const name = el("input", { name: "name", required: true, maxlength: 64, pattern: "[!-~]+", title: "up to 64 characters of ASCII, no spaces", autocomplete: "off" });
  const role = el("select", { name: "role" }, ["read", "append", "admin"].map((one) => el("option", { value: one }, one)));
  const log = el("input", { name: "log", value: "*", required: true, autocomplete: "off" });
  return el(
    "form",
    {
      class: "form",
      onsubmit: async (submitted) => {
        submitted.preventDefault();
        try {
          const made = await send("POST", "v1/tokens", { name: name.value, roles: { [log.value]: role.value } });
          replace(secret, el("div", { class: "notice good" }, el("span", { class: "long" }, "Copy it now, it is not shown again: ", code(made.token)), copyButton(made.token, "the token")));
        } catch (problem) {
          replace(secret, el("div", { class: "notice bad" }, problem.message));
        }
      },
    },
    el("label", null, "Name", name),
    el("label", null, "Role", role),
    el("label", null, "Log, or * for all", log),
    el("button", { class: "first" }, "Make a token"),
  );
}
