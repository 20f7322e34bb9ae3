// Shows a payload as JSON, as text and as hex. JSON is laid out token by token and never read into numbers, so that
// what is shown is what is there.

import { fromUtf8 } from "../bytes.js";
import { download, el, empty, replace } from "../elements.js";
import { bytes as sized } from "../format.js";

const MAX_SHOWN = 64 * 1024; // bytes that are laid out; a browser is slow with more, and nobody reads it
const MAX_HEX = 4096; // bytes shown as hex: 256 lines

/** A payload in tabs; the first that fits it is open. */
export function payloadView(payload, name) {
  const text = fromUtf8(payload);
  const isText = text !== null && !/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text);
  const isJson = isText && payload.length <= MAX_SHOWN && parses(text);
  const tabs = [
    isJson && ["JSON", () => el("pre", { class: "wrap", tabindex: "0", "aria-label": "Payload as JSON" }, laidOut(text))],
    isText && ["Text", () => el("pre", { class: "wrap", tabindex: "0", "aria-label": "Payload as text" }, text.slice(0, MAX_SHOWN))],
    ["Hex", () => el("pre", { tabindex: "0", "aria-label": "Payload as hex" }, dump(payload.subarray(0, MAX_HEX)))],
  ].filter(Boolean);
  if (payload.length === 0) return { tools: null, panel: empty("No payload", "The event says it all with its type.") };
  const panel = el("div", { role: "tabpanel", id: "payload-panel" });
  const list = el("div", { role: "tablist", "aria-label": "Payload as" });
  const buttons = tabs.map(([title, draw], i) =>
    el("button", { type: "button", role: "tab", "aria-controls": "payload-panel", onclick: () => choose(i), onkeydown: (pressed) => move(pressed, i) }, title),
  );
  function choose(i) {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === i));
      button.tabIndex = at === i ? 0 : -1;
    });
    const limit = tabs[i][0] === "Hex" ? MAX_HEX : MAX_SHOWN;
    replace(panel, tabs[i][1](), payload.length > limit && el("p", { class: "soft" }, `The first ${sized(limit)} of ${sized(payload.length)}.`));
  }
  function move(pressed, i) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[pressed.key];
    if (step === undefined) return;
    pressed.stopPropagation();
    const next = (i + step + tabs.length) % tabs.length;
    choose(next);
    buttons[next].focus();
  }
  list.append(...buttons);
  choose(0);
  const save = el("button", { type: "button", class: "small", onclick: () => download(name, payload, "application/octet-stream") }, "Download");
  return { tools: el("div", { class: "row" }, el("span", { class: "soft" }, sized(payload.length)), list, save), panel };
}

function parses(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with line ends and indents; every token is as it was sent. */
function laidOut(text) {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const shown = [];
  let depth = 0;
  const line = () => shown.push("\n" + "  ".repeat(depth));
  tokens.forEach((token, i) => {
    if (token === "{" || token === "[") {
      shown.push(token);
      depth++;
      if (!closes(tokens[i + 1])) line();
    } else if (closes(token)) {
      depth--;
      if (!(tokens[i - 1] === "{" || tokens[i - 1] === "[")) line();
      shown.push(token);
    } else if (token === ",") {
      shown.push(token);
      line();
    } else if (token === ":") {
      shown.push(": ");
    } else {
      shown.push(el("span", { class: token[0] !== '"' ? "literal" : tokens[i + 1] === ":" ? "key" : "text" }, token));
    }
  });
  return shown;
}

function closes(token) {
  return token === "}" || token === "]";
}

function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Array.from(bytes.subarray(at, at + 16));
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits.padEnd(47)}  ${letters}`);
  }
  return lines.join("\n");
}
