// How numbers, times and hashes are written for people.

const NUMBER = new Intl.NumberFormat("en", { useGrouping: true });

/** A count with its thousands divided. */
export function count(value) {
  return value === null || value === undefined ? "–" : NUMBER.format(value);
}

/** "1 event", "2 events". */
export function counted(value, noun) {
  return `${count(value)} ${noun}${Number(value) === 1 ? "" : "s"}`;
}

/** Bytes in the unit that fits. */
export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [rest, unit] = [Number(value), 0];
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 ? rest : rest.toFixed(rest < 10 ? 1 : 0)} ${units[unit]}`;
}

/** The beginning and the end of a hash. */
export function short(text, each = 6) {
  return text.length <= 2 * each + 1 ? text : `${text.slice(0, each)}…${text.slice(-each)}`;
}

/** An instant in the reader's own zone, to the second. */
export function time(instant) {
  const date = new Date(instant);
  if (instant === null || instant === undefined || Number.isNaN(date.getTime())) return "–";
  return date.toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "medium" });
}

/** The time of day alone, to the second. */
export function clock(instant) {
  return new Date(instant).toLocaleTimeString("sv-SE");
}

/** How long ago, roughly. */
export function ago(instant) {
  const seconds = Math.round((Date.now() - new Date(instant).getTime()) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (seconds < 5) return "just now";
  const steps = [
    [60, 1, "second"],
    [3600, 60, "minute"],
    [86400, 3600, "hour"],
    [Infinity, 86400, "day"],
  ];
  const [, length, unit] = steps.find(([below]) => seconds < below);
  const whole = Math.floor(seconds / length);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

/** A share as a percentage that says 100 % only of all, and 0 % only of none. */
export function percent(part, whole) {
  if (whole === 0) return "–";
  const share = (100 * part) / whole;
  if (part < whole && share > 99.9) return "99.9 %";
  if (part > 0 && share < 0.1) return "0.1 %";
  return `${Number(share.toFixed(1))} %`;
}
