// Dialogs on the browser's own <dialog>, which keeps the focus inside and gives it back.

import { freshId, h, icon } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";

/** Show a dialog; `onDismiss` is called for Escape and the close button, and may keep it open. Returns the element. */
export function openDialog({ title, content, onDismiss, className = "" }) {
  const heading = freshId("dialog");
  const dialog = h(
    "dialog",
    { class: `dialog ${className}`, "aria-labelledby": heading },
    h(
      "header",
      { class: "dialog-head" },
      h("h2", { id: heading }, title),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: onDismiss }, icon("close")),
    ),
    content,
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onDismiss();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask the question of a Block Kit confirm object; resolves to whether the person went on. */
export function confirmed(confirm, directory) {
  return new Promise((resolve) => {
    const answer = (went) => {
      dialog.close();
      dialog.remove();
      resolve(went);
    };
    const tone = confirm.style === "danger" ? "danger" : "primary";
    const content = [
      h("div", { class: "dialog-body prose" }, textObject(confirm.text, directory)),
      h(
        "footer",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", onclick: () => answer(false) }, plainText(confirm.deny) || "Cancel"),
        h("button", { type: "button", class: `button ${tone}`, onclick: () => answer(true) }, plainText(confirm.confirm) || "Yes"),
      ),
    ];
    const dialog = openDialog({ title: plainText(confirm.title) || "Are you sure?", content, onDismiss: () => answer(false), className: "small" });
  });
}
