// The rich_text block: what people type, and what tasks and table cells hold.

import { h, link } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { channelMention, mention } from "./mrkdwn.js";
import { fillDate } from "./dates.js";

/** Nodes for a rich_text block. */
export function richText(block, directory) {
  return (block.elements ?? []).map((element) => CONTAINERS[element.type]?.(element, directory) ?? h("p", null, parts(element, directory)));
}

const CONTAINERS = {
  rich_text_section: (element, directory) => h("p", null, parts(element, directory)),
  rich_text_quote: (element, directory) => h("blockquote", null, parts(element, directory)),
  rich_text_preformatted: (element, directory) => h("pre", null, parts(element, directory)),
  rich_text_list: (element, directory) => {
    const items = (element.elements ?? []).map((item) => h("li", null, parts(item, directory)));
    const list = h(element.style === "ordered" ? "ol" : "ul", { class: `indent-${Math.min(element.indent ?? 0, 6)}` }, items);
    if (element.style === "ordered" && element.offset) list.start = element.offset + 1;
    return list;
  },
};

function parts(element, directory) {
  return (element.elements ?? []).map((part) => styled(part, (PARTS[part.type] ?? PARTS.text)(part, directory)));
}

const PARTS = {
  text: (part) => withEmoji(part.text ?? ""),
  link: (part) => link(part.url, part.text),
  user: (part, directory) => mention(part.user_id, directory),
  channel: (part, directory) => channelMention(part.channel_id, directory),
  usergroup: (part, directory) => h("span", { class: "mention" }, `@${directory.groupName(part.usergroup_id)}`),
  broadcast: (part) => h("span", { class: "mention me" }, `@${part.range}`),
  emoji: (part) => emoji(part.name ?? "") ?? `:${part.name}:`,
  date: (part) => h("time", null, fillDate(part.timestamp, part.format ?? "{date}") ?? part.fallback ?? ""),
  color: (part) => h("code", null, part.value),
};

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

function styled(part, content) {
  return Object.entries(STYLES).reduce((inner, [style, tag]) => (part.style?.[style] ? h(tag, null, inner) : inner), content);
}
