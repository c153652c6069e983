// One message: who, when, what, and what one can do with it.

import { Surface } from "./blocks.js";
import { clock, fullMoment, momentOf } from "./dates.js";
import { avatar } from "./directory.js";
import { h, icon, link } from "./dom.js";
import { COMMON_REACTIONS, emoji } from "./emoji.js";
import { markdown } from "./markdown.js";
import { menuButton } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";

const CARD_BLOCKS = new Set(["header", "actions", "table", "plan", "input"]);

/**
 * Draw a message. `grouped`: it goes on from the one above by the same author, so the name is left out.
 * `inThread`: no way further down. `unseen`: replies came since the thread was last looked at.
 * `doings` are what the page can do: openThread(ts), click(message, press), react(message, name).
 */
export function drawMessage(message, { directory, grouped, inThread, unseen, doings }) {
  const author = directory.user(message.user);
  const name = message.username || author?.name || message.user;
  const moment = momentOf(message.ts);
  const classes = ["message", grouped && "grouped", message.ephemeral && "ephemeral", message.streaming && "streaming"];
  return h(
    "article",
    {
      class: classes.filter(Boolean).join(" "),
      "aria-label": `${name}, ${clock(moment)}${message.ephemeral ? ", only visible to you" : ""}`,
      tabindex: "-1",
    },
    message.ephemeral ? h("p", { class: "only-you" }, icon("lock"), "Only visible to you") : null,
    grouped ? null : avatar(author),
    h(
      "div",
      { class: "message-main" },
      grouped ? null : byline(name, author, moment),
      body(message, directory, doings),
      message.deleted ? null : extras(message, directory),
      reactions(message, directory, doings),
      inThread || message.ephemeral ? null : replies(message, unseen, doings),
    ),
    message.ephemeral || message.deleted ? null : toolbar(message, directory, inThread, doings),
  );
}

function byline(name, author, moment) {
  return h(
    "p",
    { class: "byline" },
    h("strong", null, name),
    author?.is_bot ? h("span", { class: "badge" }, "App") : null,
    author?.is_guest ? h("span", { class: "badge" }, "Guest") : null,
    author?.is_foreign ? h("span", { class: "badge" }, "External") : null,
    author?.is_deactivated ? h("span", { class: "badge" }, "Deactivated") : null,
    h("time", { datetime: moment.toISOString(), title: fullMoment(moment) }, clock(moment)),
  );
}

function body(message, directory, doings) {
  if (message.deleted) return h("p", { class: "faint" }, "This message was deleted.");
  const edited = message.edited ? h("span", { class: "faint edited" }, "(edited)") : null;
  if (message.blocks?.length) {
    const surface = new Surface(message.blocks, directory, (press) => doings.click(message, press, surface.values()));
    if (message.blocks.some((block) => CARD_BLOCKS.has(block.type) || block.fields)) surface.node.classList.add("card");
    return [surface.node, edited];
  }
  const words = message.streaming ? markdown(message.text, directory) : mrkdwn(message.text, directory);
  return h("div", { class: "prose" }, words, edited);
}

// Attachments are the old way to add to a message; they and files are shown in short.
function extras(message, directory) {
  const attachments = (message.attachments ?? []).map((one) =>
    h("div", { class: "attachment prose" }, mrkdwn([one.pretext, one.title, one.text ?? one.fallback].filter(Boolean).join("\n"), directory)),
  );
  const files = (message.files ?? []).map((file) => h("p", { class: "file" }, link(file.url_private ?? "", file.title || file.name || "file")));
  return [attachments, files];
}

function reactions(message, directory, doings) {
  if (!message.reactions?.length) return null;
  const one = ({ name, count, users }) => {
    const mine = users.includes(directory.me);
    const who = users.map((id) => directory.user(id)?.name ?? id).join(", ");
    return h(
      "button",
      {
        type: "button",
        class: "reaction",
        title: who,
        "aria-label": `${name}, ${count}: ${who}`,
        "aria-pressed": String(mine),
        onclick: () => doings.react(message, name),
      },
      emoji(name) ?? `:${name}:`,
      h("span", null, String(count)),
    );
  };
  return h("div", { class: "reactions" }, message.reactions.map(one));
}

function replies(message, unseen, doings) {
  if (!message.reply_count) return null;
  const words = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h(
    "button",
    { type: "button", class: unseen ? "replies unseen" : "replies", onclick: () => doings.openThread(message.ts) },
    h("span", null, words),
    unseen ? h("span", { class: "badge new" }, "new") : null,
    message.last_reply ? h("span", { class: "faint" }, `last at ${clock(momentOf(message.last_reply))}`) : null,
  );
}

function toolbar(message, directory, inThread, doings) {
  const items = COMMON_REACTIONS.map((name) => ({ label: emoji(name), hint: name.replaceAll("_", " "), pick: () => doings.react(message, name) }));
  const open = () => doings.openThread(message.ts);
  const reply = h("button", { type: "button", class: "quiet", title: "Reply in thread", "aria-label": "Reply in thread", onclick: open }, icon("reply"));
  const react = menuButton({ label: "Add reaction", face: icon("smile"), className: "quiet", items });
  return h("div", { class: "toolbar" }, react, inThread ? null : reply, shortcuts(message, directory, doings));
}

// What else one can do with a message: the shortcuts of the app.
function shortcuts(message, directory, doings) {
  if (!directory.hasApp || !directory.shortcuts.length) return null;
  const items = directory.shortcuts.map((one) => ({
    label: [one.name, h("small", null, directory.bot?.name ?? "App")],
    pick: () => doings.shortcut(message, one.callback_id),
  }));
  return menuButton({ label: "More actions", face: icon("more"), className: "quiet", items, listed: true });
}
