// The right panel: one thread with its own composer.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { you } from "./sidebar.js";
import { Timeline } from "./timeline.js";

// Where there is no keyboard at hand, a focused field would cover half of the screen with one.
const HAS_KEYBOARD = window.matchMedia("(hover: hover) and (min-width: 721px)");

export class ThreadPanel {
  /** `doings`: send(text, thread), closeThread(), stop(), and what drawMessage needs. */
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
    this.work = h("div", { class: "work", role: "status" });
    node.append(h("header", { class: "panel-head" }, this.heading, this.you, close), this.timeline.node, this.work, this.composer.node);
  }

  /** Open for the thread of `place`, or close when it has none. */
  open(place, directory) {
    this.ts = place.thread;
    this.node.hidden = !place.thread;
    if (!place.thread) return;
    this.subtitle.textContent = directory.titleOf(directory.channel(place.channel));
    this.you.replaceChildren(you(directory));
    this.timeline.clear("Messages in the thread");
    this.showSession(null, directory);
    this.composer.place(`${place.user} ${place.channel} ${place.thread}`, "Reply", directory);
  }

  focus() {
    if (HAS_KEYBOARD.matches) this.composer.focus();
    else this.heading.focus();
  }

  /** Say at the foot that the agent works, with the button that stops it; an app that is deaf to the button has none. */
  showSession(session, directory) {
    const drawing = JSON.stringify(session);
    if (this.drawnWork === drawing) return;
    this.drawnWork = drawing;
    if (session?.status !== "processing") {
      this.work.replaceChildren();
      return;
    }
    const stop = h("button", { type: "button", class: "button stop", onclick: () => this.stop(stop) }, icon("stop"), "Stop");
    this.work.replaceChildren(
      h("span", { class: "pulse", "aria-hidden": "true" }),
      h("span", { class: "work-words" }, `${directory.bot?.name ?? "The app"} is working…`, session.title ? h("span", { class: "faint" }, ` ${session.title}`) : null),
      ...(session.stoppable ? [stop] : []),
    );
  }

  async stop(button) {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    this.work.querySelector(".error")?.remove();
    try {
      await this.doings.stop();
    } catch (error) {
      button.removeAttribute("aria-disabled");
      this.work.append(h("p", { class: "error", role: "alert" }, error.message));
    }
  }

  showMessages(messages, context) {
    this.timeline.show(messages, { ...context, doings: this.doings });
  }
}
