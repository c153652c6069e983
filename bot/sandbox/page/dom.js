// Every node of the page is made here. Text only ever becomes a text node, so nothing a message holds can become markup.

/**
 * Build an element. Props that start with "on" are listeners (functions only), the others are attributes;
 * null, undefined and false leave the attribute or the child out.
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** The children that are there: lists flattened, null and false dropped. */
export function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

const LINK_SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The address if a person may follow it from a message (http, https, mailto), else null. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return LINK_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null; // not absolute, so not a link of a message
  }
}

/** A link that opens beside the page, or its label as plain text when the address is not one we follow. */
export function link(address, ...label) {
  const href = safeUrl(address);
  const words = present(label);
  const shown = words.length ? words : [address];
  if (!href) return h("span", null, shown);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
}

/** An image that stays on this machine (same origin or data:); any other is told by its words. */
export function picture(address, alt, className) {
  const words = () => h("span", { class: "no-image" }, alt || "image");
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    return words();
  }
  if (url.origin !== location.origin && !url.href.startsWith("data:image/")) return words();
  const image = h("img", { src: url.href, alt: alt ?? "", class: className });
  image.addEventListener("error", () => image.replaceWith(words()));
  return image;
}

let lastId = 0;

/** An element id that no other element has. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** A small drawing from the page's own set; decorative, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.dot);
  svg.append(path);
  return svg;
}

const ICONS = {
  back: "M12.5 4.5 7 10l5.5 5.5",
  close: "m5 5 10 10M15 5 5 15",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  reply: "M8 5 3.5 9.5 8 14M4 9.5h7a5 5 0 0 1 5 5V16",
  smile: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7.4 11.5c.5 1.1 1.500 1.700 2.600 1.700s2.100-.6 2.600-1.700M7.700 8h.01M12.300 8h.01",
  send: "M4 10h11M10.500 5.500 15 10l-4.500 4.500",
  down: "M10 4v11M5.500 10.500 10 15l4.500-4.500",
  up: "M6 9.500V16H4V9.500h2Zm0 0L9.500 3c1.200 0 1.900.9 1.700 2l-.4 3H15c1 0 1.600.9 1.300 1.800l-1.500 5c-.2.700-.8 1.200-1.600 1.200H6",
  thumbsdown: "M14 10.500V4h2v6.500h-2Zm0 0L10.500 17c-1.200 0-1.900-.9-1.700-2l.4-3H5c-1 0-1.600-.9-1.300-1.800l1.500-5C5.400 4.500 6 4 6.800 4H14",
  trash: "M4.500 6h11M8 6V4h4v2m-6 0 .7 10h6.600L14 6",
  lock: "M6 9V7a4 4 0 0 1 8 0v2m-9 0h10v7H5V9Z",
  home: "M3.500 9.500 10 4l6.500 5.500M5.500 8.500V16h9V8.500",
  chat: "M4 5h12v8.500H9L5.500 16v-2.500H4V5Z",
  check: "m4.500 10.500 3.500 3.500 7.500-8",
  cross: "m6 6 8 8m0-8-8 8",
  wait: "M10 6v4l2.500 2M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z",
  circle: "M10 15a5 5 0 1 0 0-10 5 5 0 0 0 0 10Z",
  stop: "M6 6h8v8H6Z",
  dot: "M10 10h.01",
};
