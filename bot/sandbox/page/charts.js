// Slack's data_visualization block as plain SVG: lines, areas, bars, and pies. Text only ever becomes a text node, as in dom.js.

import { h, present } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 48;
const TOP = 10;
const TICKS = 4; // category labels that fit side by side
const LONG = 12; // characters of a label from which on one fewer fits

function s(tag, props, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, String(value));
  node.append(...present(children));
  return node;
}

/** The picture of a chart, with its legend and the numbers of its last category for who cannot see it. */
export function chart(told, title) {
  const pie = told.type === "pie";
  const names = pie ? told.segments.map((one) => one.label) : told.series.map((one) => one.name);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": spoken(told, title) });
  svg.append(...(pie ? slices(told.segments) : plot(told)));
  const legend = names.map((name, at) => h("li", null, h("span", { class: `swatch tone-${at}` }), name));
  return h("div", { class: "chart-box" }, svg, h("ul", { class: "legend" }, legend));
}

function spoken(told, title) {
  if (told.type === "pie") return `${title}: ${told.segments.map((one) => `${one.label} ${one.value}`).join(", ")}`;
  const last = told.axis_config.categories.at(-1);
  return `${title}, ${last}: ${told.series.map((one) => `${one.name} ${valueAt(one, last)}`).join(", ")}`;
}

const valueAt = (series, label) => series.data.find((point) => point.label === label).value;

function plot({ type, series, axis_config: axes }) {
  const labels = axes.categories;
  const values = series.flatMap((one) => one.data.map((point) => point.value));
  const least = Math.min(...values, ...(type === "line" ? [] : [0]));
  const most = Math.max(...values, ...(type === "line" ? [] : [0]));
  const span = most - least || 1;
  const step = (WIDTH - LEFT - 12) / labels.length;
  const x = (at) => LEFT + step * (at + 0.5);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - least) / span);
  const marks = { line: lines, area: areas, bar: bars }[type](series, labels, { x, y, step, base: Math.max(least, Math.min(most, 0)) });
  return [...scale(least, most, y), ...ticks(labels, x), ...axisNames(axes), ...marks];
}

const path = (series, labels, { x, y }) => labels.map((label, at) => `${at ? "L" : "M"}${x(at)} ${y(valueAt(series, label))}`).join("");

const lines = (series, labels, place) => series.map((one, at) => s("path", { d: path(one, labels, place), class: `line tone-${at}` }));

const areas = (series, labels, place) =>
  series.map((one, at) => {
    const d = `${path(one, labels, place)}L${place.x(labels.length - 1)} ${place.y(place.base)}L${place.x(0)} ${place.y(place.base)}Z`;
    return s("path", { d, class: `area tone-${at}` });
  });

function bars(series, labels, { x, y, step, base }) {
  const width = (step * 0.8) / series.length;
  return series.flatMap((one, at) =>
    labels.map((label, category) => {
      const [from, to] = [y(base), y(valueAt(one, label))];
      const left = x(category) - step * 0.4 + width * at;
      return s("rect", { x: left, y: Math.min(from, to), width, height: Math.abs(from - to), class: `bar tone-${at}` });
    }),
  );
}

function scale(least, most, y) {
  const marks = least === most ? [least] : [least, (least + most) / 2, most];
  return marks.flatMap((value) => [
    s("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value), class: "rule" }),
    s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, (Number(value.toPrecision(3)) + 0).toLocaleString("en")),
  ]);
}

function ticks(labels, x) {
  const fits = labels.some((label) => label.length > LONG) ? TICKS - 1 : TICKS;
  const every = Math.ceil(labels.length / fits);
  const shown = labels.map((label, at) => (at % every ? null : s("text", { x: x(at), y: HEIGHT - 28, "text-anchor": "middle" }, label)));
  return present(shown);
}

function axisNames({ x_label, y_label }) {
  const below = s("text", { x: WIDTH - 4, y: HEIGHT - 6, "text-anchor": "end", class: "axis" }, x_label ?? "");
  return [below, s("text", { x: 2, y: HEIGHT - 6, class: "axis" }, y_label ?? "")];
}

function slices(segments) {
  const whole = segments.reduce((sum, one) => sum + one.value, 0);
  const [cx, cy, r] = [WIDTH / 2, HEIGHT / 2, HEIGHT / 2 - TOP];
  const at = (share) => `${cx + r * Math.sin(2 * Math.PI * share)} ${cy - r * Math.cos(2 * Math.PI * share)}`;
  let begin = 0;
  return segments.map((one, number) => {
    const end = begin + one.value / whole;
    const large = end - begin > 0.5 ? 1 : 0;
    const d = segments.length === 1 ? `M${at(0)}A${r} ${r} 0 1 1 ${at(0.5)}A${r} ${r} 0 1 1 ${at(0)}Z` : `M${cx} ${cy}L${at(begin)}A${r} ${r} 0 ${large} 1 ${at(end)}Z`;
    begin = end;
    return s("path", { d, class: `slice tone-${number}` });
  });
}
