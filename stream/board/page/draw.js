// Pieces of the page.  Text is set as text, never as markup: a channel's name may be anything.
import { about, lasting } from "./known.js";
import { counted, dimension, duration, indicatorName, interval as between, quantity, scopeText, share, time, valueText, word } from "./words.js";

const SVG = "http://www.w3.org/2000/svg", WIDE = 100, HIGH = 32;

export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children.filter((each) => each !== null));
  return made;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Bring a list's children to what is wanted, [key, content, make], and leave alone those that have not changed:
// what a reader has opened stays open, and the keyboard stays where it is.
const contents = new WeakMap();
export function patch(list, wanted) {
  const held = list.contains(document.activeElement) ? document.activeElement : null;
  const before = new Map([...list.children].map((each) => [each.dataset.key, each]));
  let place = list.firstElementChild;
  for (const [key, content, make] of wanted) {
    let child = before.get(key);
    before.delete(key);
    if (!child || contents.get(child) !== content) {
      const made = make();
      made.dataset.key = key;
      contents.set(made, content);
      if (child && child === place) place = made;
      child?.replaceWith(made);
      child = made;
    }
    if (child === place) place = child.nextElementSibling; else list.insertBefore(child, place);
  }
  for (const gone of before.values()) gone.remove();
  if (held && document.activeElement !== held && held.dataset.held) {
    list.querySelector(`[data-held="${CSS.escape(held.dataset.held)}"]`)?.focus();
  }
}

export function spark(points, score, name) {
  const values = points.slice(1), there = values.filter((value) => value !== null);
  const picture = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", width: WIDE, height: HIGH });
  if (there.length < 2) {
    picture.setAttribute("aria-hidden", "true");
    return picture;
  }
  picture.setAttribute("aria-label", `${name}: ${word("from")} ${quantity(there[0], score.unit)} ${word("to")} ${quantity(there.at(-1), score.unit)}`);
  const limits = Object.entries(score.limits), all = there.concat(limits.map((each) => each[1]));
  const low = Math.min(...all), span = Math.max(...all) - low || 1;
  const x = (i) => (3 + ((WIDE - 6) * i) / (values.length - 1)).toFixed(1);
  const y = (value) => (HIGH - 3 - ((HIGH - 6) * (value - low)) / span).toFixed(1);
  for (const [severity, limit] of limits) {
    if (severity === "critical" || limits.length === 1) {
      const below = score.direction === "low_is_bad";
      picture.append(shape("rect", { x: 0, width: WIDE, y: below ? y(limit) : 0, height: below ? HIGH - y(limit) : y(limit) }));
    }
    picture.append(shape("line", { class: severity, x1: 0, x2: WIDE, y1: y(limit), y2: y(limit) }));
  }
  let path = "", pen = "M";
  values.forEach((value, i) => {
    if (value === null) return;
    path += `${pen}${x(i)} ${y(value)}`;
    pen = "L";
  });
  picture.append(shape("path", { d: path }), shape("circle", { cx: x(values.findLastIndex((value) => value !== null)), cy: y(there.at(-1)), r: 2.5 }));
  return picture;
}

function scoreRow(score, course, alerts) {
  const { value, low, high, n, unit, status, indicator, window_s: window } = score;
  const firing = alerts.find((each) => about(each, score));
  const limit = Object.values(score.limits).map((each) => quantity(each, unit)).join(" / ");
  const detail = [duration(window), unit === "count" ? null : counted(n, indicator),
    limit ? `${word("limit")} ${limit}` : null, status === "ok" ? null : word(status)].filter(Boolean).join(" · ");
  const interval = low === null || high === null || unit === "count" ? null
    : node("small", {}, between(low, high, unit));
  return node("tr", {},
    node("th", { scope: "row" }, indicatorName(indicator), node("br"), node("small", {}, detail)),
    node("td", {}, spark(score[course], score, word(course))),
    node("td", { class: `number ${firing?.severity ?? ""}` }, node("b", {}, quantity(value, unit)), interval));
}

const MAIN = ["csat", "nps", "ces", "fcr", "abandonment", "wait", "ttr", "sentiment"];
export const order = (score) => (MAIN.indexOf(score.indicator) + 1 || MAIN.length + 1);
const opened = new Set();

// The scores of one scope: first what fires, then those with limits and those that everybody asks for; the rest folds.
export function card({ title, link, scores, alerts, course, level, folds = true }) {
  const worst = alerts.some((each) => each.severity === "critical") ? "critical" : alerts.length ? "warning" : "good";
  const hot = (score) => alerts.some((each) => about(each, score));
  scores.sort((a, b) => hot(b) - hot(a) || order(a) - order(b) || a.indicator.localeCompare(b.indicator) || a.window_s - b.window_s);
  const main = scores.filter((each) => !folds || hot(each) || order(each) <= MAIN.length || Object.keys(each.limits).length);
  const rest = scores.filter((each) => !main.includes(each));
  const table = (rows) => node("table", {}, node("tbody", {}, ...rows.map((each) => scoreRow(each, course, alerts))));
  const made = node("article", { class: worst });
  if (title !== null) {
    const heading = node(level, {}, link ? node("a", { href: link, "data-held": `link ${title}` }, title) : title);
    if (alerts.length) {
      const since = alerts.map((each) => each.started_at).sort()[0];
      heading.append(node("span", { class: "badge" }, word(worst)), node("small", {}, `${word("since")} ${time(since)}`));
    }
    made.append(heading);
  }
  if (main.length) made.append(table(main));
  if (rest.length) {
    const more = node("details", {}, node("summary", { "data-held": `more ${title}` }, `${rest.length} ${word("others")}`), table(rest));
    more.open = opened.has(title) || !main.length;
    more.addEventListener("toggle", () => (more.open ? opened.add(title) : opened.delete(title)));
    made.append(more);
  }
  return made;
}

export function alertItem(alert, act) {
  const going = alert.state === "firing" || alert.state === "stale";
  const tone = alert.state === "resolved" ? "good" : `${alert.severity}${going ? "" : " pending"}`;
  const lasts = going ? ` · ${word("for")} ${duration(lasting(alert.started_at) / 1000)}` : "";
  const name = alert.scope.channel, where = scopeText(alert.scope);
  const text = node("div", {},
    node("span", { class: "badge" }, `${word(alert.severity)}${alert.state === "firing" ? "" : ` · ${word(alert.state)}`}`), " ",
    name === undefined ? node("b", {}, where) : node("a", { href: `#/channel/${encodeURIComponent(name)}`, "data-held": `to ${alert.id}` }, where),
    node("span", { class: "soft" }, ` · ${word("since")} ${time(alert.started_at)}${lasts} · ${alert.rule}`),
    node("p", { lang: "en" }, alert.summary));
  if (alert.cause?.dimension) text.append(node("p", {}, node("b", {}, share(alert.cause.share_of_shortfall)), ` ${word("cause")} ${dimension(alert.cause.dimension)} `, node("b", {}, valueText(alert.cause.value))));
  if (alert.acknowledged_by) text.append(node("p", { class: "soft" }, `✓ ${word("taken")} ${[].concat(alert.acknowledged_by).join(", ")}`));
  if (alert.silenced_until) text.append(node("p", { class: "soft" }, `${word("silenced")} ${time(alert.silenced_until, true)}`));
  const item = node("li", { class: tone, "data-alert": alert.id }, text);
  if (!act) return item;
  const button = (what) => {
    const made = node("button", { type: "button", "data-act": what, "data-held": `${what} ${alert.id}`, "aria-label": `${word(what)}: ${alert.rule}, ${where}` }, word(what));
    made.addEventListener("click", () => act(what, alert));
    return made;
  };
  item.append(node("div", { class: "actions" }, button("ack"), button("silence")));
  return item;
}
