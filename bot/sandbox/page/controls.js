// The interactive elements of Block Kit. Each maker takes (element, directory, onAct) and answers
// {node, read}: `read` gives what the element holds in the shape of Slack's `view.state.values`;
// `onAct({value} | {selected})` is called when the person pressed or chose, and resolves to whether the app took it; `restore(state)`, where there is one, is the
// reverse of `read`, and `problem()` says what the browser finds wrong with what was typed.

import { freshId, h, icon, safeUrl } from "./dom.js";
import { menuButton } from "./menu.js";
import { plainText, textObject } from "./mrkdwn.js";
import { picker } from "./pickers.js";
import { held } from "./state.js";

/** The control for an element, or null for a type that the page does not know. */
export function control(element, directory, onAct) {
  return (MAKERS[element.type] ?? picker(element.type))?.(element, directory, onAct) ?? null;
}

const MAKERS = {
  button: (element, directory, onAct) => ({ node: button(element, () => onAct({ value: element.value })) }),
  workflow_button: (element) => ({ node: button(element, () => {}) }),
  icon_button: (element, directory, onAct) => ({
    node: h(
      "button",
      {
        type: "button",
        class: "quiet",
        title: plainText(element.text),
        "aria-label": labelOf(element),
        onclick: () => onAct({ value: element.value }),
      },
      icon(element.icon),
    ),
  }),
  feedback_buttons: (element, directory, onAct) => ({ node: feedback(element, onAct) }),
  overflow: (element, directory, onAct) => ({
    node: menuButton({
      label: "More options",
      face: icon("more"),
      className: "button",
      items: (element.options ?? []).map((option) => ({
        label: plainText(option.text),
        pick: () => {
          if (safeUrl(option.url)) window.open(safeUrl(option.url), "_blank", "noopener");
          onAct({ selected: option });
        },
      })),
    }),
  }),
  checkboxes: (element, directory, onAct) => boxes(element, "checkbox", directory, onAct),
  radio_buttons: (element, directory, onAct) => boxes(element, "radio", directory, onAct),
  plain_text_input: (element, directory, onAct) => text(element, onAct, element.multiline ? "textarea" : "input", { type: element.multiline ? null : "text" }),
  email_text_input: (element, directory, onAct) => text(element, onAct, "input", { type: "email" }),
  url_text_input: (element, directory, onAct) => text(element, onAct, "input", { type: "url" }),
  number_input: (element, directory, onAct) =>
    text(element, onAct, "input", {
      type: "number",
      step: element.is_decimal_allowed ? "any" : "1",
      min: element.min_value,
      max: element.max_value,
    }),
};

const labelOf = (element) => element.accessibility_label || plainText(element.text) || null;

function button(element, press) {
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const props = { class: `button ${style}`, "aria-label": element.accessibility_label || null, onclick: press };
  const href = safeUrl(element.url);
  if (href) return h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, plainText(element.text));
  return h("button", { ...props, type: "button" }, plainText(element.text));
}

// The thumb that was given stays marked for the one who gave it.
function feedback(element, onAct) {
  const thumb = (side, drawing) => {
    const give = async () => {
      if (!(await onAct({ value: side.value }))) return;
      for (const one of thumbs) one.setAttribute("aria-pressed", String(one === node));
    };
    const props = { type: "button", class: "quiet", title: plainText(side.text), "aria-label": labelOf(side), "aria-pressed": "false", onclick: give };
    const node = h("button", props, icon(drawing));
    return node;
  };
  const thumbs = [thumb(element.positive_button, "up"), thumb(element.negative_button, "thumbsdown")];
  return h("span", { class: "feedback", role: "group", "aria-label": "Feedback" }, thumbs);
}

const same = (one, other) => one?.value === other?.value;

function boxes(element, type, directory, onAct) {
  const name = freshId("choice");
  const options = element.options ?? [];
  const given = type === "radio" ? [element.initial_option].filter(Boolean) : (element.initial_options ?? []);
  const inputs = options.map((option) => h("input", { type, name, checked: given.some((one) => same(one, option)) }));
  const read = () => {
    const chosen = options.filter((_, at) => inputs[at].checked);
    return type === "radio" ? { type: "radio_buttons", selected_option: chosen[0] ?? null } : { type: "checkboxes", selected_options: chosen };
  };
  const node = h(
    "div",
    { class: "boxes", role: type === "radio" ? "radiogroup" : "group" },
    options.map((option, at) =>
      h(
        "label",
        null,
        inputs[at],
        h("span", null, textObject(option.text, directory), option.description ? h("small", null, textObject(option.description, directory)) : null),
      ),
    ),
  );
  const restore = (state) => {
    const chosen = [held(state)].flat();
    options.forEach((option, at) => (inputs[at].checked = chosen.some((one) => same(one, option))));
  };
  node.addEventListener("change", () => onAct({ selected: held(read()) }));
  return { node, read, restore };
}

function text(element, onAct, tag, attributes) {
  const node = h(tag, {
    class: "field",
    placeholder: plainText(element.placeholder) || null,
    minlength: element.min_length,
    maxlength: element.max_length,
    rows: tag === "textarea" ? 4 : null,
    ...attributes,
  });
  node.value = element.initial_value ?? "";
  const read = () => ({ type: element.type, value: node.value === "" ? null : node.value });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && tag === "input" && !event.isComposing) onAct({ value: node.value });
  });
  const restore = (state) => (node.value = state.value ?? "");
  return { node, read, restore, problem: () => (node.value ? node.validationMessage || tooShort(node) : "") };
}

// The browser checks minlength only for text typed since the form was drawn; Slack always does.
function tooShort(node) {
  const least = Number(node.getAttribute("minlength") ?? 0);
  return node.value.length < least ? `Please write at least ${least} characters.` : "";
}
