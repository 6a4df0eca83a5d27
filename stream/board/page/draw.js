// Pieces of the page.  Text is set as text, never as markup: a channel's name may be anything.
import { duration, quantity, scopeText, time, word } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function spark(points, limits) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 100 28");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  if (points.length < 2) return picture;
  const values = points.map((point) => point[1]).concat(Object.values(limits));
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  const start = points[0][0], length = points.at(-1)[0] - start || 1;
  const y = (value) => (26 - (24 * (value - low)) / span).toFixed(1);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", points.map(([at, value], i) => `${i ? "L" : "M"}${((100 * (at - start)) / length).toFixed(1)} ${y(value)}`).join(""));
  for (const limit of Object.values(limits)) {
    const mark = document.createElementNS(SVG, "line");
    for (const [name, value] of [["x1", 0], ["x2", 100], ["y1", y(limit)], ["y2", y(limit)]]) mark.setAttribute(name, value);
    picture.append(mark);
  }
  picture.append(line);
  return picture;
}

export function scoreRow(score) {
  const { value, low, high, n, unit, status, indicator, window_s: window } = score;
  const sure = low === null || unit === "count" ? "" : `${word("between")} ${quantity(low, unit)} ${word("and")} ${quantity(high, unit)}`;
  const doubt = status === "ok" ? "" : ` · ${word(status)}`;
  const detail = `${word("window")} ${duration(window)} · ${n} ${word("answers")}${doubt}`;
  return node("tr", {},
    node("th", { scope: "row" }, indicator.replaceAll("_", " "), node("br"), node("small", {}, detail)),
    node("td", {}, spark(score.day.length > 1 ? score.day : score.week, score.limits)),
    node("td", { class: "number", title: sure }, quantity(value, unit)));
}

export function card(title, link, scores, firing) {
  const worst = firing.some((each) => each.severity === "critical") ? "critical" : firing.length ? "warning" : "good";
  const heading = node("h3", {}, link ? node("a", { href: link }, title) : title);
  if (firing.length) heading.append(" ", node("span", { class: "badge" }, word(worst)));
  return node("article", { class: worst }, heading,
    node("table", {}, node("tbody", {}, ...scores.map(scoreRow))));
}

export function alertItem(alert, act) {
  const item = node("li", { class: alert.state === "resolved" ? "good" : alert.severity, "data-alert": alert.id },
    node("span", { class: "badge" }, `${word(alert.severity)} · ${word(alert.state)}`),
    ` ${scopeText(alert.scope)} · ${alert.rule} · `,
    node("span", { class: "soft" }, `${word("since")} ${time(alert.started_at)}`),
    node("p", {}, alert.summary));
  if (alert.acknowledged_by) item.append(node("p", { class: "soft" }, `${word("taken")} ${[].concat(alert.acknowledged_by).join(", ")}`));
  if (!act) return item;
  const button = (what) => {
    const made = node("button", { type: "button", "data-act": what }, word(what));
    made.addEventListener("click", () => act(what, alert));
    return made;
  };
  item.append(node("div", { class: "actions" }, button("ack"), button("silence")));
  return item;
}
