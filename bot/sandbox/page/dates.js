// Times as people read them, and Slack's <!date^…> tokens.

const format = (options) => new Intl.DateTimeFormat("en-GB", options);
const CLOCK = format({ hour: "2-digit", minute: "2-digit" });
const CLOCK_SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = format({ day: "numeric", month: "long", year: "numeric" });
const DAY_SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const DAY_LONG = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const DAY_NUMBERS = format({ year: "numeric", month: "2-digit", day: "2-digit" });

/** The moment of a message, from its ts ("1700000000.000100", seconds). */
export const momentOf = (ts) => new Date(Number(ts) * 1000);

export const clock = (date) => CLOCK.format(date);
export const fullMoment = (date) => `${DAY_LONG.format(date)}, ${CLOCK_SECONDS.format(date)}`;

/** "Today", "Yesterday" or the long date: the line between two days of a channel. */
export const dayName = (date) => pretty(date, DAY_LONG);

function pretty(date, otherwise) {
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  return { 0: "Today", 1: "Yesterday", [-1]: "Tomorrow" }[days] ?? otherwise.format(date);
}

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** "3 minutes ago", "in 2 hours": the distance from now in its largest whole unit. */
export function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date: (d) => DAY.format(d),
  date_num: (d) => DAY_NUMBERS.format(d).split("/").reverse().join("-"),
  date_slash: (d) => DAY_NUMBERS.format(d),
  date_short: (d) => DAY_SHORT.format(d),
  date_long: (d) => DAY_LONG.format(d),
  date_pretty: (d) => pretty(d, DAY),
  date_short_pretty: (d) => pretty(d, DAY_SHORT),
  date_long_pretty: (d) => pretty(d, DAY_LONG),
  time: (d) => CLOCK.format(d),
  time_secs: (d) => CLOCK_SECONDS.format(d),
  ago,
};

/** Fill Slack's date format ("{date_short} at {time}") for a time in seconds; null when the time or a token is not one. */
export function fillDate(seconds, template) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!Object.hasOwn(TOKENS, token)) known = false;
    return known ? TOKENS[token](date) : whole;
  });
  return known ? text : null;
}
