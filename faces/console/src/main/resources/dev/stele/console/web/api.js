// Talks to the server as the map of its routes says, and like anyone else.

const TOKEN = "stele.token";
const RETRY_MILLIS = 2000; // between attempts to reach a server that does not answer

/** What the server says went wrong (RFC 9457), or that it did not answer: then the status is 0. */
export class Problem extends Error {
  constructor(status, members) {
    super(members.detail || members.title || `status ${status}`);
    this.status = status;
    this.name = String(members.type ?? "").replace("urn:stele:problem:", "") || "problem";
    this.title = members.title || "The request failed";
    this.members = members;
  }
}

/** The token that goes with each request, or null; kept as long as this tab is open. */
export function token() {
  return sessionStorage.getItem(TOKEN);
}

/** Keeps a token, or drops it when it is empty. */
export function keepToken(text) {
  if (text) sessionStorage.setItem(TOKEN, text);
  else sessionStorage.removeItem(TOKEN);
}

/** The address of something of a log. */
export function of(log, ...parts) {
  return ["v1/logs", log, ...parts].map((part, i) => (i === 0 ? part : encodeURIComponent(part))).join("/");
}

/** An address with parameters; those that are empty are left out. */
export function withQuery(address, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text ? `${address}?${text}` : address;
}

/** What stands at an address, as JSON. Throws Problem. */
export async function get(address, signal) {
  return (await request(address, { signal, headers: { Accept: "application/json" } })).json();
}

/** What stands at an address, byte for byte. Throws Problem. */
export async function getBytes(address, signal, accept = "*/*") {
  return new Uint8Array(await (await request(address, { signal, headers: { Accept: accept } })).arrayBuffer());
}

/** Sends JSON and gives what was answered, null where nothing was. Throws Problem. */
export async function send(method, address, body) {
  const response = await request(address, {
    method,
    headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

async function request(address, options) {
  const headers = { ...options.headers };
  if (token()) headers.Authorization = "Bearer " + token();
  let response;
  try {
    response = await fetch(address, { ...options, headers, cache: "no-store" });
  } catch (trouble) {
    if (trouble.name === "AbortError") throw trouble;
    tell(false);
    throw new Problem(0, { title: "The server does not answer", detail: "Nothing came back. Is it running?" });
  }
  tell(true);
  if (response.ok) return response;
  throw new Problem(response.status, await membersOf(response));
}

async function membersOf(response) {
  try {
    const members = await response.json();
    return typeof members === "object" && members !== null ? members : {};
  } catch {
    return { title: response.statusText || `Status ${response.status}` };
  }
}

let reachable = true;

function tell(isReachable) {
  if (isReachable === reachable) return;
  reachable = isReachable;
  dispatchEvent(new CustomEvent("stele:connection", { detail: isReachable }));
  if (!isReachable) lookAgain();
}

function lookAgain() {
  setTimeout(async () => {
    try {
      await fetch("health/live", { cache: "no-store" });
      tell(true);
    } catch {
      lookAgain();
    }
  }, RETRY_MILLIS);
}

/**
 * Follows a log until the signal is aborted: `onEvent` for each event, `onState` with "connecting", "catching up",
 * "live" or "lost". A connection that breaks is taken up behind the last event that came.
 */
export async function follow(log, { after, stream, type, signal, onEvent, onState }) {
  let last = after;
  while (!signal.aborted) {
    onState("connecting");
    try {
      const address = withQuery(of(log, "subscribe"), { after: last, stream, type });
      const response = await request(address, { signal, headers: { Accept: "text/event-stream" } });
      onState("catching up");
      for await (const message of messages(response.body)) {
        if (message.event === "caught-up") {
          onState("live");
        } else {
          const event = JSON.parse(message.data);
          last = event.position;
          onEvent(event);
        }
      }
    } catch (trouble) {
      if (signal.aborted) return;
      if (trouble instanceof Problem && trouble.status !== 0 && trouble.status !== 503) throw trouble;
    }
    if (signal.aborted) return;
    onState("lost");
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
  }
}

/** The messages of a stream of server-sent events; comments are left out. */
async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let message = { event: "message", data: "" };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (message.data !== "") yield message;
        message = { event: "message", data: "" };
      } else if (line.startsWith("event:")) {
        message.event = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        message.data += (message.data === "" ? "" : "\n") + line.slice(5).replace(/^ /, "");
      }
    }
  }
}
