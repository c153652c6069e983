// The left panel: the workspace, who one is, where one can go, and whether the bot is there.

import { avatar } from "./directory.js";
import { h, icon } from "./dom.js";
import { pathTo } from "./route.js";

/** Draw the panel anew into `node`; `become(user)` changes who one acts as. */
export function drawSidebar(node, { directory, place, become }) {
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  node.replaceChildren(
    h("p", { class: "workspace" }, directory.teamName),
    switcher(directory, become),
    list("Channels", directory.channels.filter((channel) => channel.kind === "channel").map((channel) => entry(directory, channel, place))),
    directory.hasApp ? ofTheApp(directory, place) : "",
    botLine(directory),
  );
  if (focused) node.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function switcher(directory, become) {
  const person = (user) =>
    h(
      "button",
      { type: "button", class: "person", "aria-pressed": String(user.id === directory.me), "data-key": user.id, onclick: () => become(user.id) },
      avatar(user, "small"),
      h("span", { class: "person-name" }, user.name),
      h("span", { class: "faint" }, user.title),
    );
  return h(
    "section",
    { class: "people", "aria-label": "You are" },
    h("h2", null, "You are: ", h("strong", null, directory.myName)),
    directory.people.map(person),
    h("p", { class: "faint" }, "Click a person to act as them."),
  );
}

const list = (title, items) => h("section", { "aria-label": title }, h("h2", null, title), h("ul", null, items));

function ofTheApp(directory, place) {
  return list(directory.bot?.name ?? "App", [
    ...directory.channels.filter((channel) => channel.kind === "dm").map((channel) => entry(directory, channel, place)),
    item("home", pathTo({ user: directory.me, channel: "home" }), place.channel === "home", [icon("home"), "Home tab"]),
  ]);
}

const sign = (channel) =>
  channel.private
    ? h("span", { class: "hash" }, icon("lock"), h("span", { class: "visually-hidden" }, "private "))
    : h("span", { class: "hash", "aria-hidden": "true" }, "#");

function entry(directory, channel, place) {
  const words = channel.kind === "dm" ? [icon("chat"), "Direct message"] : [sign(channel), channel.name];
  return item(channel.id, directory.hrefOf(channel.id), place.channel === channel.id, words, channel.unread);
}

function item(key, href, current, words, unread = 0) {
  const mark = unread && !current ? h("span", { class: "badge new" }, String(unread), h("span", { class: "visually-hidden" }, " unread")) : null;
  return h("li", null, h("a", { href, "data-key": key, class: mark ? "unread" : null, "aria-current": current ? "page" : null }, words, mark));
}

/** Who one is, where the left panel is out of sight; leads to it. */
export function you(directory) {
  const me = directory.user(directory.me);
  return h("a", { class: "you", href: pathTo({ user: me.id }), "aria-label": `You are ${me.name}; change` }, avatar(me, "tiny"), me.name.split(" ")[0]);
}

function botLine(directory) {
  const there = directory.botConnected;
  return h(
    "p",
    { class: there ? "bot-line on" : "bot-line off" },
    h("span", { class: "lamp", "aria-hidden": "true" }),
    there ? "The bot is connected" : "The bot is not connected; start it to get answers",
  );
}
