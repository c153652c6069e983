// The elements with which one picks from a list or a calendar: selects, multi selects, people, channels, dates and times.

import { h } from "./dom.js";
import { plainText } from "./mrkdwn.js";
import { held } from "./state.js";

/** The maker for a picker type (see controls.js for what makers take and answer), or undefined. */
export function picker(type) {
  if (Object.hasOwn(CALENDARS, type)) return (element, directory, onAct) => calendar(element, onAct);
  const several = type.startsWith("multi_");
  const source = SOURCES[type.replace("multi_", "")];
  if (!source) return undefined;
  return (element, directory, onAct) => (several ? pickSeveral : pickOne)(element, source, source.list(element, directory), onAct);
}

// Where a list comes from, what Slack calls what was picked, and how an entry is known again.
const SOURCES = {
  static_select: {
    list: (element) => [
      ...(element.options ?? []).map((option) => entryOf(option)),
      ...(element.option_groups ?? []).flatMap((group) => group.options.map((option) => entryOf(option, plainText(group.label)))),
    ],
    one: "selected_option",
    several: "selected_options",
    initial: (element) => [element.initial_option, ...(element.initial_options ?? [])].filter(Boolean).map((option) => option.value),
    key: (picked) => picked.value,
  },
  users_select: {
    list: (element, directory) => directory.users.map((user) => ({ label: user.name, key: user.id, picked: user.id })),
    one: "selected_user",
    several: "selected_users",
    initial: (element) => [element.initial_user, ...(element.initial_users ?? [])].filter(Boolean),
    key: (picked) => picked,
  },
  channels_select: {
    list: (element, directory) => channelsOf(directory, ["channel"]),
    one: "selected_channel",
    several: "selected_channels",
    initial: (element) => [element.initial_channel, ...(element.initial_channels ?? [])].filter(Boolean),
    key: (picked) => picked,
  },
  conversations_select: {
    list: (element, directory) => channelsOf(directory, ["channel", "dm"]),
    one: "selected_conversation",
    several: "selected_conversations",
    initial: (element) => [element.initial_conversation, ...(element.initial_conversations ?? [])].filter(Boolean),
    key: (picked) => picked,
  },
};

const entryOf = (option, group = null) => ({ label: plainText(option.text), key: option.value, picked: option, group });

function channelsOf(directory, kinds) {
  return directory.channels
    .filter((channel) => kinds.includes(channel.kind))
    .map((channel) => ({ label: directory.titleOf(channel), key: channel.id, picked: channel.id }));
}

function pickOne(element, source, entries, onAct) {
  const node = h("select", { class: "field" }, h("option", { value: "" }, plainText(element.placeholder) || "Choose…"));
  let group = null;
  for (const entry of entries) {
    if (entry.group && group?.label !== entry.group) {
      group = h("optgroup", { label: entry.group });
      node.append(group);
    }
    (entry.group ? group : node).append(h("option", { value: entry.key }, entry.label));
  }
  node.value = source.initial(element)[0] ?? "";
  const read = () => ({ type: element.type, [source.one]: entries.find((entry) => entry.key === node.value)?.picked ?? null });
  node.addEventListener("change", () => onAct({ selected: held(read()) }));
  const restore = (state) => (node.value = state[source.one] ? source.key(state[source.one]) : "");
  return { node, read, restore };
}

// A closed list of check boxes: the browser's own multiple select is hard to use with a keyboard and on a phone.
function pickSeveral(element, source, entries, onAct) {
  const given = source.initial(element);
  const inputs = entries.map((entry) => h("input", { type: "checkbox", checked: given.includes(entry.key) }));
  const summary = h("summary", { class: "field" });
  const most = element.max_selected_items ?? Infinity;
  const chosen = () => entries.filter((_, at) => inputs[at].checked);
  const describe = () => {
    summary.textContent = chosen().map((entry) => entry.label).join(", ") || plainText(element.placeholder) || "Choose…";
    for (const input of inputs) input.disabled = !input.checked && chosen().length >= most;
  };
  const read = () => ({ type: element.type, [source.several]: chosen().map((entry) => entry.picked) });
  const labels = entries.map((entry, at) => h("label", null, inputs[at], h("span", null, entry.label)));
  const node = h("details", { class: "several" }, summary, h("div", { class: "boxes", role: "group" }, labels));
  node.addEventListener("change", () => {
    describe();
    onAct({ selected: held(read()) });
  });
  const restore = (state) => {
    const keys = state[source.several].map(source.key);
    entries.forEach((entry, at) => (inputs[at].checked = keys.includes(entry.key)));
    describe();
  };
  describe();
  return { node, read, restore };
}

// The type of the browser's input, what Slack calls its value, and the two ways between them.
const CALENDARS = {
  datepicker: { input: "date", state: "selected_date", initial: "initial_date", parse: String, show: String },
  timepicker: { input: "time", state: "selected_time", initial: "initial_time", parse: String, show: String },
  datetimepicker: {
    input: "datetime-local",
    state: "selected_date_time",
    initial: "initial_date_time",
    parse: (value) => Math.round(new Date(value).getTime() / 1000),
    show: (seconds) => localMinute(new Date(seconds * 1000)),
  },
};

const localMinute = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function calendar(element, onAct) {
  const kind = CALENDARS[element.type];
  const node = h("input", { class: "field", type: kind.input, title: plainText(element.placeholder) || null });
  const put = (value) => (node.value = value === undefined || value === null ? "" : kind.show(value));
  put(element[kind.initial]);
  const read = () => ({ type: element.type, [kind.state]: node.value ? kind.parse(node.value) : null });
  node.addEventListener("change", () => onAct({ selected: held(read()) }));
  return { node, read, restore: (state) => put(state[kind.state]) };
}
