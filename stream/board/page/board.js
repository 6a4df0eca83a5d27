// The board: reads what is known, listens for news, and lets people acknowledge and silence.
import { alertItem, card, node } from "./draw.js";
import { language, scopeText, speak, time, word } from "./words.js";

const at = (id) => document.getElementById(id);
const known = { scores: new Map(), alerts: [], past: [], leftOut: 0, newest: "" };
const cares = new Map();
let drawn = false;

const keyOf = (score) => `${score.indicator}|${JSON.stringify(score.scope)}|${score.window_s}`;

function learn(page, whole) {
  if (whole) known.scores.clear();
  for (const score of page.scores) {
    known.scores.set(keyOf(score), score);
    if (score.at > known.newest) known.newest = score.at;
  }
  Object.assign(known, { alerts: page.alerts, past: page.past, leftOut: page.left_out });
  if (!drawn) requestAnimationFrame(draw);
  drawn = true;
}

function channelOf() {
  const found = location.hash.match(/^#\/channel\/(.*)$/);
  return found ? decodeURIComponent(found[1]) : null;
}

function draw() {
  drawn = false;
  const channel = channelOf(), sought = at("find").value.trim().toLowerCase();
  const fits = (text) => !sought || text.toLowerCase().includes(sought);
  at("place").textContent = channel === null ? "" : `· ${channel || word("unnamed")}`;
  const groups = new Map();
  for (const score of known.scores.values()) {
    const title = scopeText(score.scope);
    if (!fits(`${title} ${score.indicator}`)) continue;
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(score);
  }
  const firing = (title) => known.alerts.filter((each) => scopeText(each.scope) === title && each.state === "firing");
  const cards = [...groups].sort(([a], [b]) => firing(b).length - firing(a).length || a.localeCompare(b)).map(([title, scores]) => {
    const name = scores[0].scope.channel;
    const link = channel === null && name !== undefined ? `#/channel/${encodeURIComponent(name)}` : null;
    return card(title, link, scores.sort((a, b) => a.indicator.localeCompare(b.indicator)), firing(title));
  });
  at("scores").replaceChildren(...(cards.length ? cards : [node("p", { class: "soft" }, word("none"))]));
  at("more").textContent = known.leftOut ? `${known.leftOut} ${word("left")}` : "";
  const held = document.activeElement?.closest?.("[data-alert]")?.dataset.alert;
  const what = document.activeElement?.dataset?.act;
  for (const alert of known.alerts) alert.acknowledged_by = cares.get(alert.id);
  const rank = (each) => (each.state === "firing" ? 0 : 2) + (each.severity === "critical" ? 0 : 1);
  known.alerts.sort((a, b) => rank(a) - rank(b) || b.at.localeCompare(a.at));
  const items = known.alerts.filter((each) => fits(`${scopeText(each.scope)} ${each.rule}`)).map((each) => alertItem(each, act));
  at("alerts").replaceChildren(...(items.length ? items : [node("li", { class: "good" }, word("nothing"))]));
  if (held) document.querySelector(`[data-alert="${CSS.escape(held)}"] [data-act="${what}"]`)?.focus();
  at("past").replaceChildren(...known.past.map((each) => alertItem(each, null)));
}

async function say(path, body) {
  const by = at("by").value.trim();
  if (!by) return word("who");
  const answer = await fetch(path, {
    method: "POST", body: JSON.stringify({ ...body, by }),
    headers: { Authorization: `Bearer ${at("token").value}`, "Content-Type": "application/json" },
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return word(told.outcome ?? "accepted");
  return { 401: word("wrong"), 403: word("readOnly") }[answer.status] ?? told.error ?? String(answer.status);
}

async function act(what, alert) {
  const silence = { match: { rule: alert.rule, ...alert.scope }, for: "2h" };
  at("said").textContent = what === "ack"
    ? await say(`/api/alerts/${encodeURIComponent(alert.id)}/ack`, {})
    : await say("/api/silences", silence);
  setTimeout(care, 1000);
}

async function care() {
  const answer = await fetch("/api/alerts").catch(() => null);
  if (!answer?.ok) return;
  cares.clear();
  for (const each of (await answer.json()).alerts) if (each.acknowledged_by) cares.set(each.id, each.acknowledged_by);
  draw();
}

let news = null;
function listen() {
  news?.close();
  news = new EventSource("/board/news");
  news.onopen = () => pulse(true);
  news.onerror = () => pulse(navigator.onLine && news.readyState === EventSource.CONNECTING && Date.now() - live < 60_000);
  news.onmessage = (event) => { learn(JSON.parse(event.data), false); pulse(true); };
}

let live = 0;
function pulse(well) {
  if (well) live = Date.now();
  at("pulse").textContent = well ? `${word("live")}${known.newest ? ` · ${time(known.newest)}` : ""}` : word("lost");
  if (news?.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
}

async function arrive() {
  const channel = channelOf();
  if (channel !== null) {
    news?.close();
    const answer = await fetch(`/board/channel/${encodeURIComponent(channel)}`).catch(() => null);
    if (answer?.ok && channel === channelOf()) learn(await answer.json(), true);
    if (channel === channelOf()) setTimeout(() => channel === channelOf() && arrive(), 3000);
    pulse(Boolean(answer?.ok));
    return;
  }
  known.scores.clear();
  draw();
  listen();
}

// The demo's link carries its token behind the #, which no server sees; it is not left in the address.
const given = location.hash.match(/^#token=([\w-]+)$/);
if (given) {
  sessionStorage.setItem("token", given[1]);
  history.replaceState(null, "", "#/");
}
for (const id of ["by", "token"]) {
  at(id).value = sessionStorage.getItem(id) ?? "";
  at(id).addEventListener("change", () => sessionStorage.setItem(id, at(id).value));
}
at("find").addEventListener("input", draw);
at("settings").addEventListener("submit", (event) => event.preventDefault());
at("language").value = language;
at("language").addEventListener("change", () => { speak(at("language").value); draw(); });
addEventListener("hashchange", arrive);
speak(language);
arrive();
care();
setInterval(care, 10_000);
