// The right panel: one thread with its own composer.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { you } from "./sidebar.js";
import { Timeline } from "./timeline.js";

// Where there is no keyboard at hand, a focused field would cover half of the screen with one.
const HAS_KEYBOARD = window.matchMedia("(hover: hover) and (min-width: 721px)");

export class ThreadPanel {
  /** `doings`: send(text, thread), closeThread(), and what drawMessage needs. */
  constructor(node, doings) {
    this.node = node;
    this.doings = doings;
    this.timeline = new Timeline({ inThread: true });
    this.composer = new Composer({
      commands: false,
      onSend: (text) => {
        this.timeline.toBottom();
        return doings.send(text, this.ts);
      },
    });
    this.subtitle = h("span", { class: "faint" });
    this.heading = h("h2", { tabindex: "-1" }, "Thread ", this.subtitle);
    const leave = () => doings.closeThread();
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close thread", title: "Close (Esc)", onclick: leave }, icon("close"));
    this.you = h("span");
    node.append(h("header", { class: "panel-head" }, this.heading, this.you, close), this.timeline.node, this.composer.node);
  }

  /** Open for the thread of `place`, or close when it has none. */
  open(place, directory) {
    this.ts = place.thread;
    this.node.hidden = !place.thread;
    if (!place.thread) return;
    this.subtitle.textContent = directory.titleOf(directory.channel(place.channel));
    this.you.replaceChildren(you(directory));
    this.timeline.clear("Messages in the thread");
    this.composer.place(`${place.user} ${place.channel} ${place.thread}`, "Reply", directory);
  }

  focus() {
    if (HAS_KEYBOARD.matches) this.composer.focus();
    else this.heading.focus();
  }

  showMessages(messages, context) {
    this.timeline.show(messages, { ...context, doings: this.doings });
  }
}
