// A small menu under a button: overflow elements and the choice of a reaction.

import { h } from "./dom.js";

/** A button that opens a menu of `items` ({label, hint, pick}), `listed` one under the other; arrow keys move, Escape and a click elsewhere close. */
export function menuButton({ label, face, className, items, listed = false }) {
  const button = h("button", { type: "button", class: className, "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false" }, face);
  const menu = h("div", { class: listed ? "menu listed" : "menu", role: "menu", "aria-label": label, hidden: true });
  const wrapper = h("span", { class: "menu-anchor" }, button, menu);

  const close = (refocus) => {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (refocus) button.focus();
  };
  const open = () => {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    menu.classList.toggle("above", button.getBoundingClientRect().bottom + menu.offsetHeight + 12 > window.innerHeight);
    menu.classList.toggle("leftwards", button.getBoundingClientRect().left + menu.offsetWidth + 12 > window.innerWidth);
    menu.firstElementChild?.focus();
  };
  for (const item of items) {
    const choose = () => {
      close(true);
      item.pick();
    };
    menu.append(h("button", { type: "button", role: "menuitem", tabindex: "-1", "aria-label": item.hint, onclick: choose }, item.label));
  }
  button.addEventListener("click", () => (menu.hidden ? open() : close(true)));
  wrapper.addEventListener("focusout", (event) => {
    if (!wrapper.contains(event.relatedTarget)) close(false);
  });
  wrapper.addEventListener("keydown", (event) => {
    if (menu.hidden) return;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) {
      const all = [...menu.children];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    } else if (event.key === "Escape") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return wrapper;
}
