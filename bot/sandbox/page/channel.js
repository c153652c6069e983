// The middle panel: a channel with its composer, or the app's Home tab.

import { Surface } from "./blocks.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { pathTo } from "./route.js";
import { you } from "./sidebar.js";
import { Timeline } from "./timeline.js";

export class ChannelPanel {
  /** `doings`: send(text, thread), and what drawMessage needs; `pressHome(viewId, press)`. */
  constructor(node, doings) {
    this.doings = doings;
    this.timeline = new Timeline({ inThread: false });
    this.composer = new Composer({
      commands: true,
      onSend: (text) => {
        this.timeline.toBottom();
        return doings.send(text, null);
      },
    });
    this.head = h("header", { class: "panel-head" });
    this.trouble = h("p", { class: "trouble", role: "alert", hidden: true });
    this.home = h("div", { class: "home", tabindex: "0", hidden: true });
    node.append(this.head, this.trouble, this.timeline.node, this.composer.node, this.home);
  }

  /** Draw the frame for a place; what stands in it comes with showMessages or showHome. */
  open(place, directory) {
    const atHome = place.channel === "home";
    this.title = atHome ? `${directory.bot?.name ?? "App"} home` : directory.titleOf(directory.channel(place.channel));
    this.timeline.node.hidden = this.composer.node.hidden = atHome;
    this.home.hidden = !atHome;
    this.drawHead(directory);
    if (!atHome) {
      this.timeline.clear(`Messages in ${this.title}`);
      this.composer.place(`${place.user} ${place.channel}`, `Message ${this.title}`, directory);
    } else this.home.replaceChildren();
  }

  drawHead(directory) {
    this.head.replaceChildren(
      h("a", { class: "quiet back", href: pathTo({ user: directory.me }), "aria-label": "Back to channels" }, icon("back")),
      h("h1", { id: "place" }, this.title),
      you(directory),
    );
  }

  showMessages(messages, context) {
    this.timeline.show(messages, { ...context, doings: this.doings, empty: this.beginning(context.directory) });
  }

  // An empty channel shows a newcomer what there is to try.
  beginning(directory) {
    const examples = [`@${directory.bot?.handle} checkout is slow, can you look?`, ...directory.commands.map((command) => `${command} help`)];
    const fill = (text) => {
      this.composer.put(text);
      this.composer.focus();
    };
    return h(
      "div",
      { class: "beginning" },
      h("p", null, "Nothing has been said here yet. You could start with:"),
      examples.map((text) => h("button", { type: "button", class: "button", onclick: () => fill(text) }, text)),
    );
  }

  /** The Home tab as the app published it, or a word that it has not. */
  showHome({ blocks, view_id: viewId }, directory) {
    const app = directory.bot?.name ?? "The app";
    const surface = new Surface(blocks ?? [], directory, (press) => this.doings.pressHome(viewId, press, surface.values()));
    const none = h("p", { class: "beginning" }, `${app} has no Home tab yet. Write to it in a channel.`);
    this.home.replaceChildren(blocks ? surface.node : none);
  }

  say(sentence) {
    this.trouble.textContent = sentence;
    this.trouble.hidden = !sentence;
  }
}
