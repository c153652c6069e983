// A list of messages that changes under the reader: only what changed is drawn again, and the eye keeps its place.

import { dayName, momentOf } from "./dates.js";
import { h, icon } from "./dom.js";
import { drawMessage } from "./message.js";

const GROUP_SECONDS = 300; // messages of one author within this time share a name
const AT_BOTTOM_PX = 60;

export class Timeline {
  /** `inThread` leaves out the ways into threads. */
  constructor({ inThread }) {
    this.inThread = inThread;
    this.drawn = new Map(); // key to {signature, node}
    this.list = h("div", { class: "messages" });
    this.scroller = h("div", { class: "scroller", role: "log", tabindex: "0", onscroll: () => this.onScroll() }, this.list);
    this.pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.toBottom() }, icon("down"), "New messages");
    this.node = h("div", { class: "timeline" }, this.scroller, this.pill);
    this.sticking = true;
    new ResizeObserver(() => this.sticking && this.toBottom()).observe(this.list);
    new ResizeObserver(() => this.sticking && this.toBottom()).observe(this.scroller);
  }

  /** Start over for another place or person; `label` names the list for screen readers. */
  clear(label) {
    this.scroller.setAttribute("aria-label", label);
    this.list.replaceChildren();
    this.drawn.clear();
    this.sticking = true;
    this.pill.hidden = true;
  }

  /** Show exactly these messages; `newFrom` is the ts above which a line says "New", `empty` what stands in an empty list. */
  show(messages, { directory, doings, unseen = () => false, newFrom = null, empty = null }) {
    const known = this.drawn.size;
    const rows = this.rows(messages, { directory, doings, unseen, newFrom });
    if (!rows.length && empty) rows.push({ key: "empty", signature: "", draw: () => empty });
    const grew = rows.some((row) => !this.drawn.has(row.key));
    this.reconcile(rows);
    if (this.sticking) this.toBottom();
    else if (known && grew) this.pill.hidden = false;
  }

  rows(messages, { directory, doings, unseen, newFrom }) {
    const rows = [];
    let before = null;
    for (const message of messages) {
      const day = momentOf(message.ts).toDateString();
      const newDay = !before || momentOf(before.ts).toDateString() !== day;
      const isNew = message.ts === newFrom;
      if (newDay && !this.inThread) rows.push(rule(`day ${day}`, dayName(momentOf(message.ts)), "day"));
      if (isNew) rows.push(rule("new", "New", "day new"));
      const options = { directory, doings, inThread: this.inThread, grouped: !newDay && !isNew && goesOn(before, message), unseen: unseen(message) };
      const signature = JSON.stringify([message, options.grouped, options.unseen, directory.me]);
      rows.push({ key: `${message.ephemeral ? "private" : "shared"} ${message.ts}`, signature, draw: () => drawMessage(message, options) });
      before = message;
    }
    return rows;
  }

  reconcile(rows) {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.drawn) {
      if (keys.has(key)) continue;
      node.remove();
      this.drawn.delete(key);
    }
    rows.forEach((row, at) => {
      const old = this.drawn.get(row.key);
      const node = old?.signature === row.signature ? old.node : row.draw();
      if (old && old.node !== node) replaceKeepingFocus(old.node, node);
      else if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
      this.drawn.set(row.key, { signature: row.signature, node });
    });
  }

  /** Go to the newest message and stay there as more come. */
  toBottom() {
    this.sticking = true;
    this.pill.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.sticking = scrollHeight - scrollTop - clientHeight < AT_BOTTOM_PX;
    if (this.sticking) this.pill.hidden = true;
  }
}

function rule(key, words, className) {
  return { key, signature: words, draw: () => h("p", { class: className }, h("span", null, words)) };
}

function goesOn(before, message) {
  const sameVoice = before.user === message.user && before.username === message.username && before.ephemeral === message.ephemeral;
  const plain = !before.blocks?.length && !message.blocks?.length && !before.deleted && !before.reply_count;
  return sameVoice && plain && !message.ephemeral && Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}

// A card that changes under somebody's keyboard gives the focus to the same control, or else to the message.
function replaceKeepingFocus(old, node) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const typed = active?.dataset.action;
  old.replaceWith(node);
  if (!active) return;
  const twin = typed && node.querySelector(`[data-action="${CSS.escape(typed)}"]`);
  (twin || node).focus({ preventScroll: true });
}
