// Slack's own text format, from text to nodes. What does not parse stays as it was written.

import { fillDate } from "./dates.js";
import { h, link, safeUrl } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";

/** The three characters that Slack escapes, back as they were. */
export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** A text object of Block Kit (or a bare string) as nodes. */
export function textObject(object, directory) {
  if (object === null || object === undefined) return [];
  if (typeof object === "string") return [object];
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", directory);
  return [withEmoji(object.text ?? "")];
}

/** The same text as one plain string, for labels and option lists. */
export function plainText(object) {
  if (!object) return "";
  return withEmoji(typeof object === "string" ? object : unescape(object.text ?? ""));
}

/** Nodes for a text in mrkdwn; `directory` knows the names behind <@U…> and <#C…>. */
export function mrkdwn(text, directory) {
  const nodes = [];
  const pieces = text.split("```");
  pieces.forEach((piece, at) => {
    const fenced = at % 2 === 1 && at < pieces.length - 1;
    if (fenced) nodes.push(h("pre", null, verbatim(piece.replace(/^\n|\n$/g, ""))));
    else nodes.push(...lines(at % 2 === 1 ? "```" + piece : trimAround(piece, at, pieces.length), directory));
  });
  return nodes;
}

// The line break next to a fence belongs to the fence.
function trimAround(piece, at, count) {
  let text = piece;
  if (at > 0) text = text.replace(/^\n/, "");
  if (at < count - 1) text = text.replace(/\n$/, "");
  return text;
}

const LINE_KINDS = [
  ["quote", /^(?:&gt;|>)\s?(.*)$/],
  ["ul", /^\s*[•◦▪‣]\s+(.*)$/],
  ["ul", /^\s{0,6}[-*]\s+(.*)$/],
  ["ol", /^\s*\d{1,3}[.)]\s+(.*)$/],
];

function kindOf(line) {
  for (const [kind, pattern] of LINE_KINDS) {
    const match = pattern.exec(line);
    if (match) return [kind, match[1]];
  }
  return ["text", line];
}

// Neighbouring lines of one kind become one quote, list or paragraph.
function lines(text, directory) {
  if (text === "") return [];
  const groups = [];
  for (const line of text.split("\n")) {
    const [kind, content] = kindOf(line);
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(content);
    else groups.push({ kind, lines: [content], start: Number.parseInt(line.trim(), 10) });
  }
  return groups.map((group) => {
    if (group.kind === "quote") return h("blockquote", null, broken(group.lines, directory));
    if (group.kind === "text") return group.lines.every((line) => !line.trim()) ? gap(groups) : h("p", null, broken(group.lines, directory));
    const items = group.lines.map((line) => h("li", null, inline(line, directory)));
    return h(group.kind, group.kind === "ol" && group.start > 1 ? { start: group.start } : null, items);
  });
}

const gap = (groups) => (groups.length > 1 ? h("span", { class: "gap" }) : null);

function broken(parts, directory) {
  return parts.flatMap((part, at) => [at ? h("br") : null, ...inline(part, directory)]).filter(Boolean);
}

// Within code Slack still resolves addresses, but shows them as they are.
function verbatim(text) {
  return unescape(text.replace(/<((?:https?:|mailto:)[^|>]+)(?:\|([^>]*))?>/g, (_, url, label) => label || url));
}

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<control>[^<>\\n]+)>",
    "(?<![\\w*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>[^\\s_](?:[^\\n]*?[^\\s_])?)_(?![\\w_])",
    "(?<![\\w~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])",
    ":(?<emoji>[a-z0-9_+-]+(?:::skin-tone-\\d)?):",
    "(?<url>https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"])",
  ].join("|"),
  "g",
);

const MARKS = { bold: "strong", italic: "em", strike: "s" };

function inline(text, directory) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(at, match.index)), mark(match, directory));
    at = match.index + match[0].length;
  }
  nodes.push(unescape(text.slice(at)));
  return nodes.flat().filter((node) => node !== "");
}

function mark(match, directory) {
  const { code, control, emoji: name, url } = match.groups;
  if (code !== undefined) return h("code", null, verbatim(code));
  if (control !== undefined) return controlled(control, match[0], directory);
  if (name !== undefined) return emoji(name) ?? match[0];
  if (url !== undefined) return link(unescape(url));
  const [kind, tag] = Object.entries(MARKS).find(([group]) => match.groups[group] !== undefined);
  return h(tag, null, inline(match.groups[kind], directory));
}

// What stands between < and >: a person, a channel, a broadcast, a date, or an address.
function controlled(control, whole, directory) {
  const bar = control.indexOf("|");
  const target = bar < 0 ? control : control.slice(0, bar);
  const label = bar < 0 ? "" : unescape(control.slice(bar + 1));
  if (/^@[UW]\w+$/.test(target)) return mention(target.slice(1), directory, label);
  if (/^#C\w+$/.test(target)) return channelMention(target.slice(1), directory, label);
  if (target.startsWith("!")) return special(target.slice(1), label, whole, directory);
  const address = unescape(target);
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return safeUrl(address) ? link(address, label) : label || address;
  return unescape(whole);
}

/** A person's name in a text; one's own stands out. */
export function mention(id, directory, label = "") {
  const name = directory.user(id)?.name ?? (label || id);
  return h("span", { class: id === directory.me ? "mention me" : "mention" }, `@${name}`);
}

/** A channel's name in a text, which leads there. */
export function channelMention(id, directory, label = "") {
  const name = directory.channel(id)?.name ?? (label || id);
  return h("a", { class: "mention", href: directory.hrefOf(id) }, `#${name}`);
}

function special(command, label, whole, directory) {
  const [name, ...rest] = command.split("^");
  if (["here", "channel", "everyone"].includes(name)) return h("span", { class: "mention me" }, `@${name}`);
  if (name === "subteam") return h("span", { class: "mention" }, `@${directory.groupName(rest[0])}`);
  if (name === "date") return dated(rest, label);
  return label || unescape(whole);
}

function dated([seconds, template, url], label) {
  const text = fillDate(seconds, template ?? "{date}") ?? label;
  const node = h("time", { title: label || null }, text);
  return url ? link(unescape(url), node) : node;
}
