// Block Kit, from JSON to nodes. A surface is whatever holds blocks: a message, a modal or the Home tab.

import { chart } from "./charts.js";
import { control } from "./controls.js";
import { confirmed } from "./dialog.js";
import { freshId, h, icon, link, picture } from "./dom.js";
import { markdown, scrollable } from "./markdown.js";
import { plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** The blocks of one surface: what they look like, what their inputs hold, and what to do when one is used. */
export class Surface {
  /**
   * `act(click)` sends {block_id, action_id, value?, selected?} and resolves when the sandbox took it;
   * it rejects with the sentence to show.
   */
  constructor(blocks, directory, act) {
    this.directory = directory;
    this.act = act;
    this.inputs = []; // {blockId, actionId, optional, control, node}: input blocks, and elements that keep a choice
    this.busy = false;
    this.node = h("div", { class: "blocks" });
    this.node.append(...(blocks ?? []).map((block) => this.draw(block)));
  }

  draw(block) {
    const node = this.attempt(block) ?? placeholder(block.type);
    node.classList.add("block", `block-${String(block.type).replaceAll("_", "-")}`);
    return node;
  }

  // A block that makes no sense must not take the other messages with it.
  attempt(block) {
    try {
      return Object.hasOwn(DRAW, block.type) ? DRAW[block.type](block, this) : null;
    } catch (error) {
      console.error("a block that cannot be drawn", block, error);
      return null;
    }
  }

  text(object) {
    return textObject(object, this.directory);
  }

  /** An element that acts at once: a button, or a choice outside an input block. */
  element(element, block) {
    if (Array.isArray(element.visible_to_user_ids) && !element.visible_to_user_ids.includes(this.directory.me)) return null;
    if (element.type === "image") return picture(sourceOf(element), element.alt_text, "thumb");
    const made = control(element, this.directory, (change) => this.use(element, block, made.node, change));
    if (!made) return placeholder(element.type);
    this.nameControl(made.node, element);
    if (made.read) this.inputs.push({ blockId: block.block_id, actionId: element.action_id, optional: true, control: made, node: null });
    return made.node;
  }

  nameControl(node, element) {
    node.dataset.action = element.action_id ?? "";
    const label = plainText(element.placeholder) || element.action_id;
    if (/^(SELECT|INPUT|TEXTAREA|DETAILS)$/.test(node.tagName) && !node.hasAttribute("aria-label")) node.setAttribute("aria-label", label);
  }

  /** What every element of the surface holds now, as Slack's {block_id: {action_id: state}}. */
  values() {
    const values = {};
    for (const input of this.inputs) (values[input.blockId] ??= {})[input.actionId] = input.control.read();
    return values;
  }

  /** Ask first where the element says so, then send the click, one at a time for the whole surface; resolves to whether it was taken. */
  async use(element, block, node, change) {
    if (this.busy) return false;
    this.lock(node);
    this.tell(node, "");
    try {
      if (element.confirm && !(await confirmed(element.confirm, this.directory))) return false;
      await this.act({ block_id: block.block_id, action_id: element.action_id, ...change });
      return true;
    } catch (error) {
      this.tell(node, error.message);
      return false;
    } finally {
      this.unlock(node);
    }
  }

  // aria-disabled rather than disabled, so that the keyboard stays where it was.
  lock(node) {
    this.busy = true;
    node.setAttribute("aria-busy", "true");
    for (const button of this.node.querySelectorAll("button.button, a.button, button.quiet")) button.setAttribute("aria-disabled", "true");
  }

  unlock(node) {
    this.busy = false;
    node.removeAttribute("aria-busy");
    for (const button of this.node.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }

  /** Say under the block of `node` what went wrong; an empty sentence clears it. */
  tell(node, sentence) {
    const block = node.closest(".block") ?? this.node;
    block.querySelector(":scope > .error")?.remove();
    if (sentence) block.append(h("p", { class: "error", role: "alert" }, sentence));
  }
}

/** What is shown for a type that the page does not know. */
function placeholder(type) {
  return h("p", { class: "placeholder" }, `[${type}: not drawn in the sandbox]`);
}

const DRAW = {
  section: (block, surface) =>
    h(
      "div",
      null,
      h(
        "div",
        { class: "section-words" },
        block.text ? h("div", { class: "prose" }, surface.text(block.text)) : null,
        block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "prose" }, surface.text(field)))) : null,
      ),
      block.accessory ? h("div", { class: "accessory" }, surface.element(block.accessory, block)) : null,
    ),
  header: (block) => h("h3", null, plainText(block.text)),
  divider: () => h("hr"),
  context: (block, surface) =>
    h("div", null, elementsOf(block, (part) => (part.type === "image" ? surface.element(part, block) : h("span", { class: "prose" }, surface.text(part))))),
  actions: (block, surface) =>
    h("div", { role: "group", "aria-label": "Actions" }, elementsOf(block, (element) => surface.element(element, block))),
  context_actions: (block, surface) => h("div", null, elementsOf(block, (element) => surface.element(element, block))),
  image: (block) =>
    h("figure", null, block.title ? h("figcaption", null, plainText(block.title)) : null, picture(sourceOf(block), block.alt_text, "picture")),
  data_visualization: (block) => h("figure", null, h("figcaption", null, block.title), chart(block.chart, block.title)),
  input: (block, surface) => inputBlock(block, surface),
  rich_text: (block, surface) => h("div", { class: "prose" }, richText(block, surface.directory)),
  markdown: (block, surface) => h("div", { class: "prose" }, markdown(block.text ?? "", surface.directory)),
  table: (block, surface) => h("div", null, tableOf(block, surface.directory)),
  task_card: (block, surface) => task(block, surface.directory),
  plan: (block, surface) =>
    h(
      "div",
      { role: "group", "aria-label": plainText(block.title) },
      h("p", { class: "plan-title" }, plainText(block.title)),
      (block.tasks ?? []).map((one) => task(one, surface.directory)),
    ),
  alert: (block, surface) => h("div", { class: `prose level-${block.level ?? "default"}`, role: "note" }, surface.text(block.text)),
};

/** Where an image is: at an address, or among the workspace's files. */
const sourceOf = ({ image_url, slack_file }) => image_url ?? slack_file?.url ?? `/files/${encodeURIComponent(slack_file?.id)}`;

const elementsOf = (block, draw) => (block.elements ?? []).map(draw);

function inputBlock(block, surface) {
  const made = control(block.element, surface.directory, (change) => {
    if (block.dispatch_action) surface.use(block.element, block, made.node, change);
  });
  if (!made) return placeholder(block.element.type);
  const label = h("span", { id: freshId("label") }, plainText(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null);
  const target = made.node.matches("details") ? made.node.firstElementChild : made.node;
  target.setAttribute("aria-labelledby", label.id);
  target.dataset.action = block.element.action_id ?? "";
  const hint = block.hint ? h("p", { class: "hint", id: freshId("hint") }, plainText(block.hint)) : null;
  if (hint) target.setAttribute("aria-describedby", hint.id);
  const node = h("div", null, h("div", { class: "label" }, label), made.node, hint);
  surface.inputs.push({ blockId: block.block_id, actionId: block.element.action_id, optional: Boolean(block.optional), control: made, node });
  return node;
}

// The first row is the head of the table, as Slack draws it.
function tableOf(block, directory) {
  const settings = block.column_settings ?? [];
  const aligned = (column) => (settings[column]?.align ? `align-${settings[column].align}` : null);
  const rows = (block.rows ?? []).map((row, at) =>
    h("tr", null, row.map((cell, column) => h(at ? "td" : "th", { class: aligned(column), scope: at ? null : "col" }, cellOf(cell, directory)))),
  );
  return scrollable(h("table", null, h("thead", null, rows.slice(0, 1)), h("tbody", null, rows.slice(1))));
}

function cellOf(cell, directory) {
  if (cell?.type === "rich_text") return richText(cell, directory);
  return cell?.text ?? String(cell?.value ?? "");
}

const TASK_STATES = { pending: ["circle", "waiting"], in_progress: ["wait", "in progress"], complete: ["check", "done"], error: ["cross", "failed"] };

function task(block, directory) {
  const [drawing, state] = TASK_STATES[block.status] ?? TASK_STATES.pending;
  const words = (content) => (content.type === "rich_text" ? richText(content, directory) : markdown(String(content.text ?? content), directory));
  const detail = (content, className) => (content ? h("div", { class: `prose ${className}` }, words(content)) : null);
  return h(
    "div",
    { class: `task task-${block.status}` },
    h("p", { class: "task-title" }, icon(drawing), plainText(block.title), h("span", { class: "visually-hidden" }, ` (${state})`)),
    detail(block.details, "task-details"),
    detail(block.output, "task-output"),
    block.sources?.length ? h("p", { class: "sources" }, block.sources.map((source) => link(source.url, source.text))) : null,
  );
}
