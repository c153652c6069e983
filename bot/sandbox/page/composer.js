// Where one writes: Enter sends, Shift+Enter breaks the line, "/" asks the app, "@" offers names.

import { avatar } from "./directory.js";
import { freshId, h, icon } from "./dom.js";

const MOST_OFFERS = 6;

export class Composer {
  /** `onSend(text)` resolves when the sandbox took the text and rejects with the sentence to show; `commands`: whether "/" may be used here. */
  constructor({ onSend, commands }) {
    this.onSend = onSend;
    this.takesCommands = commands;
    this.drafts = new Map(); // place and person to the text not yet sent
    this.key = "";
    this.offers = [];
    const listId = freshId("offers");
    this.list = h("ul", { class: "offers", role: "listbox", id: listId, "aria-label": "Suggestions", hidden: true });
    this.field = h("textarea", {
      rows: "1",
      "aria-autocomplete": "list",
      "aria-controls": listId,
      oninput: () => this.onInput(),
      onkeydown: (event) => this.onKey(event),
      onblur: () => this.offer([]),
    });
    this.sendButton = h("button", { type: "submit", class: "button primary send", "aria-label": "Send", title: "Send" }, icon("send"));
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.hint = h("p", { class: "keys" });
    this.node = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.send()) },
      this.error,
      h("div", { class: "composer-box" }, this.list, this.field, this.sendButton),
      this.hint,
    );
  }

  /** Write in another place or as another person; what was being written there comes back. */
  place(key, label, directory) {
    if (this.key) this.drafts.set(this.key, this.field.value);
    this.key = key;
    this.directory = directory;
    this.field.setAttribute("aria-label", label);
    this.field.placeholder = `${label} as ${directory.myName.split(" ")[0]}`;
    const commands = this.takesCommands ? directory.commands.map((command) => ` · ${command} help`).join("") : "";
    const bot = directory.bot ? `@${directory.bot.handle}` : "@name";
    this.hint.replaceChildren(h("kbd", null, "Enter"), " sends · ", h("kbd", null, "Shift+Enter"), ` new line · ${bot} asks the bot${commands}`);
    this.put(this.drafts.get(key) ?? "");
    this.say("");
  }

  /** Replace what is written, for example with a suggestion. */
  put(text) {
    this.field.value = text;
    this.onInput();
  }

  focus() {
    this.field.focus();
  }

  async send() {
    const text = this.field.value.trim();
    if (!text || this.sending) return;
    const from = this.key;
    this.sending = true;
    this.sendButton.setAttribute("aria-disabled", "true");
    this.put("");
    this.say("");
    try {
      await this.onSend(text);
    } catch (error) {
      if (this.key !== from) this.drafts.set(from, text);
      else {
        if (!this.field.value) this.put(text);
        this.say(error.message);
      }
    } finally {
      this.sending = false;
      this.sendButton.removeAttribute("aria-disabled");
    }
  }

  say(sentence) {
    this.error.textContent = sentence;
    this.error.hidden = !sentence;
  }

  onInput() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 200)}px`;
    this.offer(document.activeElement === this.field ? this.matches() : []);
  }

  onKey(event) {
    if (event.isComposing) return;
    if (this.offers.length && this.onOfferKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    }
  }

  onOfferKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose((this.chosen + step + this.offers.length) % this.offers.length);
    else if (event.key === "Escape") this.offer([]);
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) this.take(this.offers[this.chosen]);
    else return false;
    return true;
  }

  // What could stand for the word before the caret.
  matches() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const name = /(?:^|\s)@([\w.-]*)$/.exec(before);
    if (name) {
      const wanted = name[1].toLowerCase();
      return this.directory.users
        .filter((user) => user.id !== this.directory.me && answersTo(user, wanted))
        .sort((one, other) => Number(other.is_bot) - Number(one.is_bot))
        .slice(0, MOST_OFFERS)
        .map((user) => ({ word: `@${user.handle}`, from: before.length - name[1].length - 1, user, about: user.title }));
    }
    if (!this.takesCommands || !/^\/\S*$/.test(before)) return [];
    const commands = this.directory.commands.filter((command) => command.startsWith(before) && command !== before);
    return commands.map((command) => ({ word: command, from: 0, about: "command of the app" }));
  }

  offer(offers) {
    this.offers = offers;
    this.list.hidden = !offers.length;
    this.list.replaceChildren(
      ...offers.map((offer) => {
        // mousedown, because the blur that a click brings would close the list first
        const pick = (event) => (event.preventDefault(), this.take(offer));
        return h(
          "li",
          { role: "option", id: freshId("offer"), onmousedown: pick },
          offer.user ? avatar(offer.user, "tiny") : null,
          h("strong", null, offer.word),
          h("span", { class: "faint" }, offer.about ?? ""),
        );
      }),
    );
    if (offers.length) this.choose(0);
    else this.field.removeAttribute("aria-activedescendant");
  }

  choose(at) {
    this.chosen = at;
    [...this.list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    this.field.setAttribute("aria-activedescendant", this.list.children[at].id);
  }

  take(offer) {
    const after = this.field.value.slice(this.field.selectionStart);
    const before = `${this.field.value.slice(0, offer.from)}${offer.word} `;
    this.field.value = before + after.replace(/^ /, "");
    this.field.setSelectionRange(before.length, before.length);
    this.onInput();
    this.offer([]);
  }
}

function answersTo(user, wanted) {
  const names = `${user.handle} ${user.name}`.toLowerCase().split(/\s+/);
  return names.some((name) => name.startsWith(wanted));
}
