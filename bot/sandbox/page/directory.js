// Who and what the acting person knows: names for ids, and where a channel's link leads.

import { h } from "./dom.js";

/** A reading on one state of the workspace, as one person sees it. */
export class Directory {
  constructor(state, hrefOf) {
    this.team = state.team;
    this.me = state.me.id;
    this.users = state.users;
    this.groups = state.usergroups;
    this.channels = state.channels;
    this.commands = state.commands;
    this.shortcuts = state.shortcuts;
    this.botConnected = state.bot_connected;
    this.hrefOf = hrefOf;
  }

  user(id) {
    return this.users.find((user) => user.id === id) ?? null;
  }

  channel(id) {
    return this.channels.find((channel) => channel.id === id) ?? null;
  }

  /** A user group's handle, without the @. */
  groupName(id) {
    return this.groups.find((group) => group.id === id)?.handle ?? id;
  }

  get bot() {
    return this.user(this.team.bot_user);
  }

  /** Those whom one can act as. */
  get people() {
    return this.users.filter((user) => !user.is_bot && !user.is_deactivated);
  }

  /** Whether the app is there for the acting person; for those of other workspaces it is only a voice in the channel. */
  get hasApp() {
    return !this.user(this.me)?.is_foreign;
  }

  get myName() {
    return this.user(this.me)?.name ?? this.me;
  }

  get teamName() {
    return this.team.name;
  }

  /** "#incidents", or the name of the one the direct conversation is with. */
  titleOf(channel) {
    return channel.kind === "dm" ? (this.bot?.name ?? "Direct message") : `#${channel.name}`;
  }
}

/** Coloured initials; decorative, as the name always stands beside them. */
export function avatar(user, size = "") {
  const node = h("span", { class: `avatar ${user?.is_bot ? "bot" : ""} ${size}`, "aria-hidden": "true" }, user?.initials ?? "?");
  const colour = /^#?([0-9a-f]{6})$/i.exec(user?.colour ?? "");
  if (colour) node.style.setProperty("--avatar", `#${colour[1]}`);
  return node;
}
