// Puts the page together: who acts and where (the address), what is known (read from the sandbox), and the three panels.

import { api, listen } from "./api.js";
import { ChannelPanel } from "./channel.js";
import { Directory } from "./directory.js";
import { Modals } from "./modal.js";
import { placeOf, pathTo } from "./route.js";
import { drawSidebar } from "./sidebar.js";
import { ThreadPanel } from "./thread.js";

const SETTLE_MS = 40; // changes within this time are read together

class App {
  constructor() {
    this.root = document.getElementById("app");
    this.side = document.getElementById("side");
    this.line = document.getElementById("line");
    this.place = { user: null, channel: null, thread: null };
    this.seen = new Map(); // person and thread to the last reply that was on screen
    this.refresh = {
      state: settled(() => this.readState()),
      channel: settled(() => this.readChannel()),
      thread: settled(() => this.readThread()),
      views: settled(() => this.readViews()),
      home: settled(async () => this.place.channel === "home" && this.readHome(true)),
    };
    const doings = {
      send: (text, thread) => this.send(text, thread),
      click: (message, press, values) =>
        api.click({ user: this.place.user, channel: message.channel, message_ts: message.ts, values, ...press }),
      react: (message, name) =>
        this.attempt(() => api.react({ user: this.place.user, channel: message.channel, ts: message.ts, name })),
      shortcut: (message, callbackId) =>
        this.attempt(() => api.shortcut({ user: this.place.user, channel: message.channel, ts: message.ts, callback_id: callbackId })),
      stop: () => api.stop({ user: this.place.user, channel: this.place.channel, thread_ts: this.place.thread }),
      pressHome: (viewId, press, values) => api.click({ user: this.place.user, view_id: viewId, values, ...press }),
      openThread: (ts) => this.go({ ...this.place, thread: ts }),
      closeThread: () => this.go({ ...this.place, thread: null }),
    };
    this.channel = new ChannelPanel(document.getElementById("middle"), doings);
    this.thread = new ThreadPanel(document.getElementById("thread"), doings);
    this.modals = new Modals({
      click: (view, press, values) => api.click({ user: this.place.user, view_id: view.id, values, ...press }),
      submit: async (view, values) => (await api.submit({ user: this.place.user, view_id: view.id, values })).errors,
      close: (view) => api.close({ user: this.place.user, view_id: view.id }),
      changed: () => this.readViews(),
    });
  }

  start() {
    window.addEventListener("hashchange", () => this.enter());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.place.thread && !document.querySelector("dialog[open]")) this.go({ ...this.place, thread: null });
    });
    return this.enter();
  }

  go(place) {
    location.hash = pathTo(place);
  }

  /** Follow the address: another person, another channel, another thread, or several of these at once. */
  enter() {
    return this.attempt(async () => {
      const before = this.place;
      const wanted = placeOf(location.hash);
      if (wanted.user !== before.user && !(await this.become(wanted.user))) return;
      const place = this.within(wanted);
      this.place = this.last = place;
      this.root.dataset.panel = !wanted.channel ? "side" : place.thread ? "thread" : "channel";
      const elsewhere = place.user !== before.user || place.channel !== before.channel;
      if (elsewhere) this.openChannel();
      if (elsewhere || place.thread !== before.thread) this.openThread(before, elsewhere);
      await Promise.all([this.readChannel(), this.readThread(), this.readViews(), this.readState()]);
    });
  }

  /** Act as somebody else from now on: their names, their stream. False when the address went on meanwhile. */
  async become(user) {
    const state = await api.state(user);
    if (placeOf(location.hash).user !== user) return false;
    this.directory = this.directoryFrom(state);
    this.stopListening?.();
    this.place = { user, channel: null, thread: null };
    this.stopListening = listen(user, {
      onEvent: (event) => this.onEvent(event),
      onOpen: () => this.onOpen(),
      onLost: () => this.tellLine("Reconnecting…", false),
    });
    return true;
  }

  directoryFrom(state) {
    return new Directory(state, (channel) => pathTo({ user: state.me.id, channel }));
  }

  // The place as this person can have it: where they last were if the address names none, a channel they are in, their own
  // direct conversation, no thread elsewhere.
  within(wanted) {
    const { channels, hasApp } = this.directory;
    const { user } = wanted;
    const { channel, thread } = wanted.channel ? wanted : (this.last ?? wanted);
    if (channel === "home" && hasApp) return { user, channel, thread: null };
    if (channels.some((one) => one.id === channel)) return { user, channel, thread };
    const own = channels.find((one) => channel?.startsWith("D") && one.kind === "dm") ?? channels[0];
    return { user, channel: own.id, thread: null };
  }

  openChannel() {
    const { channel } = this.place;
    this.unreadAtFirst = this.directory.channel(channel)?.unread ?? 0;
    this.newFrom = undefined;
    this.channel.open(this.place, this.directory);
    if (channel === "home") this.attempt(() => this.readHome(false));
  }

  openThread(before, elsewhere) {
    this.thread.open(this.place, this.directory);
    if (elsewhere) return;
    if (this.place.thread) this.thread.focus();
    else if (before.thread) this.channel.composer.focus();
  }

  async readState() {
    const { user } = this.place;
    const state = await api.state(user);
    if (user !== this.place.user) return;
    this.directory = this.directoryFrom(state);
    const become = (other) => this.go({ ...(this.last ?? this.place), user: other });
    drawSidebar(this.side, { directory: this.directory, place: this.place, become });
    const unread = this.directory.channels.reduce((sum, channel) => sum + (channel.id === this.place.channel ? 0 : channel.unread), 0);
    document.title = `${unread ? `(${unread}) ` : ""}${this.channel.title} · ${this.directory.teamName} sandbox`;
  }

  async readChannel() {
    const { user, channel } = this.place;
    if (!channel || channel === "home") return;
    const { messages } = await api.messages(user, channel);
    if (user !== this.place.user || channel !== this.place.channel) return;
    const atFirst = this.newFrom === undefined;
    if (atFirst) {
      const others = messages.filter((message) => message.user !== user && !message.ephemeral);
      this.newFrom = this.unreadAtFirst ? (others.at(-this.unreadAtFirst)?.ts ?? null) : null;
    }
    const unseen = (message) => this.unseen(message, atFirst);
    this.channel.showMessages(messages, { directory: this.directory, newFrom: this.newFrom, unseen });
  }

  // A thread is news when it got replies since it was last on screen; one that was there when the channel was opened is not.
  unseen(message, atFirst) {
    const key = `${this.place.user} ${message.channel} ${message.ts}`;
    const latest = message.last_reply ?? "";
    if (this.place.thread === message.ts) this.seen.set(key, latest);
    else if (!this.seen.has(key)) this.seen.set(key, atFirst ? latest : "");
    return this.seen.get(key) !== latest;
  }

  async readThread() {
    const { user, channel, thread } = this.place;
    if (!thread) return;
    const { messages, session } = await api.thread(user, channel, thread);
    if (thread !== this.place.thread || user !== this.place.user) return;
    this.thread.showMessages(messages, { directory: this.directory });
    this.thread.showSession(session, this.directory);
  }

  async readViews() {
    const { user } = this.place;
    const { views } = await api.views(user);
    if (user === this.place.user) this.modals.show(views, this.directory);
  }

  async readHome(quiet) {
    const { user } = this.place;
    const home = await api.home(user, quiet);
    if (user === this.place.user && this.place.channel === "home") this.channel.showHome(home, this.directory);
  }

  onEvent(event) {
    if (event.type === "view") this.refresh.views();
    else if (event.type === "home") this.refresh.home();
    else if (event.channel === this.place.channel) {
      this.refresh.channel();
      const parent = event.thread_ts ?? event.message?.thread_ts ?? event.ts;
      if (parent === this.place.thread) this.refresh.thread();
    } else this.refresh.state();
  }

  // Events may have been missed while the line was down, so everything on screen is read again.
  onOpen() {
    this.tellLine("Live", true);
    if (!this.place.channel) return;
    for (const read of Object.values(this.refresh)) read();
  }

  tellLine(words, live) {
    this.line.textContent = words;
    this.line.className = live ? "live" : "lost";
  }

  send(text, thread) {
    const { user, channel } = this.place;
    const command = text.startsWith("/");
    const body = { user, channel, text, ...(thread ? { thread_ts: thread } : {}) };
    return command ? api.command(body) : api.post(body);
  }

  /** Do what the person asked for, and say above the channel what went wrong. */
  async attempt(act) {
    this.channel.say("");
    try {
      await act();
    } catch (error) {
      this.channel.say(error.message);
    }
  }

  /** Read something again; the trouble of an earlier reading is over when one succeeds. */
  async keepUp(read) {
    try {
      await read();
      if (this.behind) this.channel.say("");
      this.behind = false;
    } catch (error) {
      this.channel.say(error.message);
      this.behind = true;
    }
  }
}

/** A function that runs `read` soon, once for all calls that come meanwhile, and never twice at a time. */
function settled(read) {
  let waiting = false;
  let running = false;
  const run = async () => {
    waiting = false;
    running = true;
    await app.keepUp(read);
    running = false;
    if (waiting) setTimeout(run, SETTLE_MS);
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (!running) setTimeout(run, SETTLE_MS);
  };
}

const app = new App();
app.start();
