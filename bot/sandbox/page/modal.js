// The modals that the app opened for the acting person; the topmost is shown.

import { Surface } from "./blocks.js";
import { openDialog } from "./dialog.js";
import { freshId, h } from "./dom.js";
import { plainText } from "./mrkdwn.js";

export class Modals {
  /** `doings`: submit(view, values) resolves to errors or null, close(view), click(view, press, values), changed(). */
  constructor(doings) {
    this.doings = doings;
    this.view = null; // the view on screen
    this.drawn = ""; // what of it was drawn, to leave alone what did not change
  }

  /** Show the last of `views`, keeping what was typed into one that the app only updated. */
  show(views, directory) {
    const view = views.at(-1) ?? null;
    const drawing = view ? JSON.stringify([view.id, view.title, view.blocks, view.submit, view.close, directory.me]) : "";
    if (drawing !== this.drawn) {
      const typed = view && this.view?.id === view.id ? this.surface.values() : (view?.values ?? {});
      this.leave();
      this.drawn = drawing;
      this.view = view;
      if (view) this.draw(view, directory, typed);
    }
    if (view) this.complain(view.errors);
  }

  leave() {
    this.dialog?.close();
    this.dialog?.remove();
    this.dialog = null;
    this.view = null;
  }

  draw(view, directory, typed) {
    this.complained = "";
    this.surface = new Surface(view.blocks, directory, (press) => this.doings.click(view, press, this.surface.values()));
    for (const { blockId, actionId, control } of this.surface.inputs) {
      const state = typed[blockId]?.[actionId];
      if (state) control.restore?.(state);
    }
    this.failure = h("p", { class: "error", role: "alert" });
    const submits = Boolean(view.submit) || this.surface.inputs.some((input) => input.node);
    this.submitButton = submits ? h("button", { type: "submit", class: "button primary" }, plainText(view.submit) || "Submit") : null;
    const form = h(
      "form",
      { class: "dialog-form", novalidate: true, onsubmit: (event) => (event.preventDefault(), this.submit()) },
      h("div", { class: "dialog-body" }, this.surface.node),
      h(
        "footer",
        { class: "dialog-foot" },
        this.failure,
        h("button", { type: "button", class: "button", onclick: () => this.dismiss() }, plainText(view.close) || (submits ? "Cancel" : "Close")),
        this.submitButton,
      ),
    );
    this.dialog = openDialog({ title: plainText(view.title), content: form, onDismiss: () => this.dismiss() });
    this.dialog.querySelector(".dialog-body .field, .dialog-body input")?.focus();
  }

  async submit() {
    if (!this.submitButton || this.submitButton.getAttribute("aria-disabled")) return;
    const problems = this.surface.inputs.map((input) => [input.blockId, input.control.problem?.() ?? ""]).filter(([, problem]) => problem);
    if (problems.length) {
      this.complain(Object.fromEntries(problems));
      return;
    }
    await this.attempt(this.submitButton, async (view) => this.complain(await this.doings.submit(view, this.surface.values())));
  }

  dismiss() {
    return this.attempt(null, (view) => this.doings.close(view));
  }

  async attempt(button, act) {
    const view = this.view;
    this.failure.textContent = "";
    button?.setAttribute("aria-disabled", "true");
    try {
      await act(view);
      await this.doings.changed();
    } catch (error) {
      this.failure.textContent = error.message;
    } finally {
      button?.removeAttribute("aria-disabled");
    }
  }

  /** Put each complaint under its input and go to the first. */
  complain(errors) {
    const wanted = JSON.stringify(errors ?? {});
    const shown = [...(this.dialog?.querySelectorAll(".complaint") ?? [])];
    if (!this.dialog || (shown.length && this.complained === wanted)) return;
    this.complained = wanted;
    for (const node of shown) node.remove();
    for (const { blockId, control, node } of this.surface.inputs) {
      const field = control.node;
      field.removeAttribute("aria-invalid");
      if (!node || !errors?.[blockId]) continue;
      const complaint = h("p", { class: "error complaint", role: "alert", id: freshId("complaint") }, errors[blockId]);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-errormessage", complaint.id);
      node.append(complaint);
    }
    const first = this.dialog.querySelector("[aria-invalid]");
    (first?.matches(".field") ? first : first?.querySelector("input, summary"))?.focus();
  }
}
