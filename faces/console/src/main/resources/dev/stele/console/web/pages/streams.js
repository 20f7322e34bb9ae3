// The streams of a log, the last to move first.

import { get, of, withQuery } from "../api.js";
import { add, card, el, empty, table } from "../elements.js";
import { ago, count, time } from "../format.js";

export const title = () => "Streams";

const LIMIT = 100;

export async function show({ log, into, signal, query }) {
  const here = `#/logs/${encodeURIComponent(log)}`;
  const { streams, position } = await get(withQuery(of(log, "streams"), { limit: LIMIT, before: query.get("before") }), signal);
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Streams"), el("p", { class: "lead" }, `Ordered parts of the log, the last to move first. As of position ${count(position)}.`))),
    streams.length === 0
      ? empty("No streams", query.get("before") ? "There are no more." : "The first event makes the first stream.")
      : card(
          "Streams",
          null,
          table(
            "Streams with their events",
            ["Stream", "#Events", "#First", "#Last", "Last moved"],
            streams.map((stream) => [
              el("a", { href: `${here}/events?stream=${encodeURIComponent(stream.stream)}&order=asc` }, stream.stream),
              count(stream.events),
              el("a", { href: `${here}/events/${stream.firstPosition}` }, count(stream.firstPosition)),
              el("a", { href: `${here}/events/${stream.lastPosition}` }, count(stream.lastPosition)),
              el("time", { datetime: stream.lastAt, title: time(stream.lastAt), class: "nowrap" }, ago(stream.lastAt)),
            ]),
          ),
        ),
    el(
      "nav",
      { class: "row between", "aria-label": "Pages of streams" },
      query.get("before") ? el("a", { class: "button", href: here + "/streams" }, "First page") : el("span"),
      streams.length === LIMIT && el("a", { class: "button", href: `${here}/streams?before=${streams.at(-1).lastPosition}` }, "More"),
    ),
  );
}
