// Standard Markdown, for the markdown block and for streamed text. HTML in it is text like any other.

import { h, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** Nodes for a Markdown text; Slack's <@U…> and <!…> work in it too, hence the directory. */
export function markdown(text, directory) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), directory);
}

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+-]*)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

// Each reader takes the lines from `at` that are its own and answers [node, next line], or null when they are not.
const READERS = [readFence, readHeading, readRule, readQuote, readTable, readList, readParagraph];

// What is nested deeper than this is shown as it was written.
const DEEPEST = 12;

function blocks(lines, directory, depth = 0) {
  if (depth > DEEPEST) return [h("p", null, lines.join("\n"))];
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = firstOf(lines, at, directory, depth);
    nodes.push(node);
    at = next;
  }
  return nodes;
}

function firstOf(lines, at, directory, depth) {
  for (const read of READERS) {
    const found = read(lines, at, directory, depth);
    if (found) return found;
  }
  return [document.createTextNode(lines[at]), at + 1];
}

function readFence(lines, at) {
  const open = FENCE.exec(lines[at]);
  if (!open) return null;
  const closing = new RegExp(`^\\s{0,3}${open[1][0]}{${open[1].length},}\\s*$`);
  let end = at + 1;
  while (end < lines.length && !closing.test(lines[end])) end += 1;
  return [h("pre", null, h("code", null, lines.slice(at + 1, end).join("\n"))), end + 1];
}

// A message is no document: its headings start below those of the page.
function readHeading(lines, at, directory) {
  const match = HEADING.exec(lines[at]);
  if (!match) return null;
  const level = Math.min(match[1].length + 2, 6);
  return [h(`h${level}`, { class: `md-h${match[1].length}` }, inline(match[2], directory)), at + 1];
}

function readRule(lines, at) {
  return RULE.test(lines[at]) ? [h("hr"), at + 1] : null;
}

function readQuote(lines, at, directory, depth) {
  if (!QUOTE.test(lines[at])) return null;
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [h("blockquote", null, blocks(inner, directory, depth + 1)), end];
}

function readTable(lines, at, directory) {
  if (!lines[at].includes("|") || !DELIMITER.test(lines[at + 1] ?? "") || !lines[at + 1].includes("-")) return null;
  const head = cells(lines[at]);
  const aligns = cells(lines[at + 1]).map(alignment);
  if (head.length !== aligns.length) return null;
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const row = (line, tag) =>
    h("tr", null, head.map((_, column) => h(tag, { class: aligns[column] }, inline(cells(line)[column] ?? "", directory))));
  const table = h("table", null, h("thead", null, row(lines[at], "th")), h("tbody", null, lines.slice(at + 2, end).map((line) => row(line, "td"))));
  return [scrollable(table), end];
}

/** A table that scrolls by itself, with the keyboard too, so that it never widens the page. */
export function scrollable(table) {
  return h("div", { class: "table", role: "region", "aria-label": "Table", tabindex: "0" }, table);
}

function cells(line) {
  const inner = line.trim().replace(/^\||\|$/g, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function alignment(rule) {
  if (rule.startsWith(":") && rule.endsWith(":")) return "align-center";
  return rule.endsWith(":") ? "align-right" : null;
}

// An item holds its own line and every deeper line below it; those are read again as blocks of their own.
function readList(lines, at, directory, depth) {
  const first = ITEM.exec(lines[at]);
  if (!first) return null;
  const indent = first[1].length;
  const ordered = /\d/.test(first[2]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const match = ITEM.exec(lines[end]);
    if (match && match[1].length <= indent + 1) {
      if (match[1].length < indent || /\d/.test(match[2]) !== ordered) break;
      items.push([match[3]]);
    } else if (!continues(lines, end, indent)) break;
    else items.at(-1).push(lines[end].slice(Math.min(indent + 2, lines[end].search(/\S|$/))));
    end += 1;
  }
  const list = items.map((item) => h("li", null, itemContent(item, directory, depth)));
  return [h(ordered ? "ol" : "ul", ordered && first[2] !== "1." ? { start: Number.parseInt(first[2], 10) } : null, list), end];
}

function continues(lines, at, indent) {
  if (lines[at].trim()) return lines[at].search(/\S/) > indent;
  const next = lines[at + 1] ?? "";
  return next.trim() !== "" && (next.search(/\S/) > indent || ITEM.exec(next)?.[1].length === indent);
}

function itemContent([text, ...rest], directory, depth) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[2] });
  return [box, ...inline(task ? task[2] : text, directory), ...blocks(rest, directory, depth + 1)];
}

function readParagraph(lines, at, directory) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines, end)) end += 1;
  const parts = lines.slice(at, end).flatMap((line, index) => [index ? h("br") : null, ...inline(line.trim(), directory)]);
  return [h("p", null, parts), end];
}

const starts = (lines, at) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(lines[at]));

const INLINE = new RegExp(
  [
    "\\\\(?<escaped>[\\\\`*_{}\\[\\]()#+.!|~<>-])",
    "(?<ticks>`+)(?<code>[^`]|[^`].*?[^`])\\k<ticks>(?!`)",
    "!?\\[(?<label>[^\\]]*)\\]\\((?<href>[^\\s)]+)(?:\\s+\"[^\"]*\")?\\)",
    "<(?<auto>https?://[^\\s<>|]+)>",
    "(?<slack><[@#!][^<>\\n]+>|<https?:[^<>|\\s]+\\|[^<>]*>)",
    "(?<strong>\\*\\*|__)(?=\\S)(?<bold>.+?\\S|\\S)\\k<strong>",
    "(?<![\\w*])\\*(?=[^\\s*])(?<star>[^*]*?[^\\s*])\\*(?!\\*)",
    "(?<![\\w_])_(?=[^\\s_])(?<under>.*?[^\\s_])_(?![\\w_])",
    "~~(?<strike>\\S|\\S.*?\\S)~~",
    "(?<bare>https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"*_])",
  ].join("|"),
  "g",
);

function inline(text, directory) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(withEmoji(decoded(text.slice(at, match.index))), mark(match.groups, directory));
    at = match.index + match[0].length;
  }
  nodes.push(withEmoji(decoded(text.slice(at))));
  return nodes.flat().filter((node) => node !== "");
}

// Outside code, entities stand for their characters; what they make is text and never a token.
const decoded = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function mark(groups, directory) {
  if (groups.escaped) return groups.escaped;
  if (groups.code) return h("code", null, groups.code);
  if (groups.href) return link(decoded(groups.href), inline(groups.label, directory));
  if (groups.auto ?? groups.bare) return link(decoded(groups.auto ?? groups.bare));
  if (groups.slack) return unwrapped(mrkdwn(groups.slack, directory));
  if (groups.bold) return h("strong", null, inline(groups.bold, directory));
  if (groups.strike) return h("s", null, inline(groups.strike, directory));
  return h("em", null, inline(groups.star ?? groups.under, directory));
}

// mrkdwn() answers a paragraph; here its content alone is wanted.
const unwrapped = (nodes) => nodes.flatMap((node) => [...node.childNodes]);
