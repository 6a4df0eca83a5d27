// The board: learns what the worker knows, keeps listening for news, and draws it at most once a frame.
import { alertItem, card, node, order, patch } from "./draw.js";
import { about, known, lasting, learn, marks, open, sameScope, scopeKey } from "./known.js";
import { dimension, duration, indicatorName, language, meant, moment, plural, scopeText, speak, time, valueText, word } from "./words.js";

const at = (id) => document.getElementById(id);
const cares = new Map();
let silences = [], drawn = false;

const show = () => { if (!drawn) requestAnimationFrame(draw); drawn = true; };

function channelOf() {
  const found = location.hash.match(/^#\/channel\/(.*)$/);
  try { return found ? decodeURIComponent(found[1]) : null; } catch { return null; }
}

function tell(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function draw() {
  drawn = false;
  const channel = channelOf();
  tell("place", channel === null ? "" : `· ${valueText(channel)}`);
  tell("scores-title", word(channel === null ? "scores" : "indicators"));
  document.title = `${known.firing ? `(${known.firing}) ` : ""}Tocsin${channel ? ` · ${valueText(channel)}` : ""}`;
  drawVerdict();
  drawAlerts();
  at("scores").classList.toggle("parts", channel !== null);
  if (channel === null) drawChannels(); else drawParts();
  tell("more", known.leftOut ? `${known.leftOut} ${word("left")}` : "");
}

// What is wrong, and since when, in one sentence; then with what, and where most of it comes from.
function drawVerdict() {
  const troubles = new Map();
  for (const each of open()) {
    const where = scopeText(each.scope), found = troubles.get(where) ?? { since: each.started_at, critical: false };
    if (each.started_at < found.since) found.since = each.started_at;
    found.critical ||= each.severity === "critical";
    troubles.set(where, found);
  }
  const all = [...troubles].sort((a, b) => b[1].critical - a[1].critical || a[1].since.localeCompare(b[1].since));
  const tone = all.some((each) => each[1].critical) ? "critical" : all.length ? "warning" : known.scores.size ? "good" : "";
  const fine = channelOf() === null ? `${word("fine")}${word("colon")}${plural(known.well, "channels")}` : word("fine");
  let text = known.scores.size || sought() ? fine : word("waiting");
  if (known.troubles === 1 && all.length) {
    const [where, { since, critical }] = all[0];
    text = `${where}${word("colon")}${critical ? `${word("critical")}, ` : ""}${word("trouble")} ${word("since")} ${time(since)} (${duration(lasting(since) / 1000)})`;
  } else if (all.length) {
    text = `${known.troubles} ${word("trouble")}${word("colon")}${all.slice(0, 5).map(([where, { since }]) => `${where} (${word("since")} ${time(since)})`).join(", ")}${known.troubles > 5 ? " …" : ""}`;
  }
  const more = all.length ? verdictDetail() : "";
  if (at("verdict").dataset.text === text + more) return;
  at("verdict").dataset.text = text + more;
  at("verdict").className = tone;
  at("verdict").replaceChildren(text, ...(more ? [node("small", {}, more)] : []));
}

function verdictDetail() {
  const ranked = open().sort((a, b) => (b.severity === "critical") - (a.severity === "critical"));
  const names = [...new Set(ranked.map((each) => indicatorName(each.indicator)))].slice(0, 4).join(", ");
  const causes = new Set(ranked.filter((each) => each.cause?.share_of_shortfall > 0.5).map((each) => `${dimension(each.cause.dimension)} ${valueText(each.cause.value)}`));
  const parts = [names, causes.size ? `${word("mostly")} ${[...causes].slice(0, 3).join(", ")}` : "",
    channelOf() === null && known.well ? `${plural(known.well, "channels")} ${word("well")}` : ""];
  return parts.filter(Boolean).join(" · ");
}

const sought = () => at("find").value.trim().toLowerCase();
const fits = (each) => `${scopeText(each.scope)} ${each.rule ?? ""} ${each.indicator} ${indicatorName(each.indicator)}`.toLowerCase().includes(sought());

function drawAlerts() {
  for (const alert of [...known.alerts]) {
    const silence = silences.find((each) => Object.entries(each.match).every(([name, value]) => (alert.scope[name] ?? alert[name] ?? "") === value));
    Object.assign(alert, { acknowledged_by: cares.get(alert.id), silenced_until: silence?.until });
  }
  const rank = (each) => ({ firing: 0, stale: 2 }[each.state] ?? 4) + (each.severity === "critical" ? 0 : 1);
  const waits = (each) => each.state !== "pending" || each.waits_s === null || lasting(each.started_at) <= 1000 * each.waits_s;
  const wanted = known.alerts.filter((each) => waits(each) && fits(each))
    .sort((a, b) => rank(a) - rank(b) || b.started_at.localeCompare(a.started_at));
  const items = wanted.map((each) => [each.id, JSON.stringify([each, language, duration(lasting(each.started_at) / 1000)]), () => alertItem(each, act)]);
  patch(at("alerts"), items.length ? items : [["", language, () => node("li", ...(sought() && known.alerts.length ? [{}, word("unfound")] : [{ class: "good" }, word("nothing")]))]]);
  tell("alerts-more", known.alertsLeftOut ? `${known.alertsLeftOut} ${word("alertsLeft")}` : "");
  patch(at("past"), known.past.map((each) => [each.id, JSON.stringify([each, language]), () => alertItem(each, null)]));
  at("past-part").hidden = !known.past.length;
}

const finer = ({ channel, ...others }) => others;

const byScope = (scores) => {
  const groups = new Map();
  for (const score of scores) {
    const key = scopeKey(score);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(score);
  }
  return groups;
};

function cardOf(title, scores, more) {
  const alerts = marks().filter((each) => sameScope(each, scores[0]));
  const course = at("course").value;
  const settings = { title, scores, alerts: title === null ? alerts.filter((each) => about(each, scores[0])) : alerts, course, link: null, level: "h3", ...more };
  const content = JSON.stringify([scores, alerts, course, language, known.newest.slice(0, 10)]);
  return [more.key ?? scopeKey(scores[0]), content, () => card(settings)];
}

function drawChannels() {
  const groups = byScope([...known.scores.values()].filter(fits));
  const urgency = new Map([...groups.keys()].map((key) => [key, 0]));
  for (const each of marks()) {
    const key = scopeKey(each);
    if (urgency.has(key)) urgency.set(key, urgency.get(key) + (each.severity === "critical" ? 100 : 1));
  }
  const titled = [...groups].map(([key, scores]) => [scopeText(scores[0].scope), scores, urgency.get(key)]);
  const cards = titled.sort((a, b) => b[2] - a[2] || a[0].localeCompare(b[0])).map(([title, scores]) => {
    const name = scores[0].scope.channel;
    return cardOf(title, scores, { link: name === undefined ? null : `#/channel/${encodeURIComponent(name)}` });
  });
  patch(at("scores"), cards.length ? cards : [["", language, () => node("p", { class: "soft" }, word(sought() ? "unfound" : "waiting"))]]);
}

// A channel's page: its indicators, its volumes, then a part for each dimension that some rule tells it apart by.
function drawParts() {
  const parts = new Map([["indicators", []], ["volumes", []]]);
  for (const score of known.scores.values()) {
    const names = Object.keys(finer(score.scope));
    const part = names.length > 1 ? "several" : names[0] ?? (score.unit === "count" ? "volumes" : "indicators");
    if (!parts.has(part)) parts.set(part, []);
    parts.get(part).push(score);
  }
  const whole = new Set(["indicators", "volumes"]);
  const made = [...parts].filter(([, scores]) => scores.length).map(([part, scores]) => {
    const cards = whole.has(part)
      ? scores.sort((a, b) => order(a) - order(b)).map((each) => cardOf(null, [each], { folds: false, key: each.key }))
      : [...byScope(scores)].sort().map(([, some]) => cardOf(scopeText(finer(some[0].scope)), some, { level: "h4", folds: false }));
    return [part, JSON.stringify(cards.map((each) => [each[0], each[1]])), () =>
      node("section", {}, part === "indicators" ? null : node("h3", {}, word(part)), node("div", { class: "cards" }, ...cards.map((each) => each[2]())))];
  });
  if (made.length && parts.size === 2) made.push(["alone", language, () => node("p", { class: "soft" }, word("alone"))]);
  patch(at("scores"), made.length ? made : [["", language, () => node("p", { class: "soft" }, word("none"))]]);
}

async function say(path, body) {
  const by = at("by").value.trim();
  if (!by) {
    at("by").focus();
    return word("who");
  }
  const answer = await fetch(path, {
    method: "POST", body: JSON.stringify({ ...body, by }),
    headers: { Authorization: `Bearer ${at("token").value}`, "Content-Type": "application/json" },
  }).catch(() => null);
  if (!answer) return word("unreachable");
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return word(told.outcome ?? "accepted");
  return { 401: word("wrong"), 403: word("readOnly") }[answer.status] ?? told.error ?? String(answer.status);
}

async function act(what, alert) {
  const silence = { match: { rule: alert.rule, ...alert.scope }, for: "2h" };
  at("said").textContent = what === "ack"
    ? await say(`/api/alerts/${encodeURIComponent(alert.id)}/ack`, {})
    : await say("/api/silences", silence);
  setTimeout(care, 500);
  setTimeout(care, 2000);
}

// Who takes care of what, which is told by the API and not by topics of scores and alerts.
async function care() {
  if (!known.alerts.length) return;
  const asked = await Promise.all(["/api/alerts", "/api/silences"].map((path) => fetch(path).then((answer) => answer.json()).catch(() => null)));
  if (!asked[0]?.alerts || !asked[1]?.silences) return;
  cares.clear();
  for (const each of asked[0].alerts) if (each.acknowledged_by) cares.set(each.id, each.acknowledged_by);
  silences = asked[1].silences;
  show();
}

// The worker says something each second.  Whether it lives is told by what was heard last, and by nothing else:
// a dead one closes its connection, one that hangs or is cut off does not, and errors come with every new try.
const SILENT_MS = 5_000, REFUSED_MS = 2_000, AGAIN_MS = 10_000;
let news = null, heard = Date.now() + SILENT_MS, begun = 0, first = true;  // the first word may take longer
function listen() {
  news?.close();
  begun = Date.now();
  const find = meant(sought());
  news = new EventSource(`/board/news${find ? `?find=${encodeURIComponent(find)}` : ""}`);
  let whole = true;
  news.addEventListener("beat", (event) => hear(JSON.parse(event.data)));
  news.onmessage = (event) => {
    const page = JSON.parse(event.data), run = page.version.split(".")[0];
    learn(page, whole || run !== known.version.split(".")[0]);
    whole = false;
    if (first) care();
    first = false;
    hear(page.waits_for);
    show();
  };
}

function hear(waitsFor) {
  heard = Date.now();
  known.waitsFor = waitsFor;
  pulse();
}

function pulse() {
  const well = Date.now() - heard < SILENT_MS;
  at("pulse").classList.toggle("lost", !well || known.waitsFor !== null);
  if (well && known.waitsFor !== null) tell("pulse", `${word("behind")}${word("colon")}${known.waitsFor}`);
  else if (!well || !first) tell("pulse", well ? `${word("live")}${known.newest ? ` · ${moment(known.newest)}` : ""}` : word("lost"));
}

// A browser tries again by itself, unless it was refused, or the connection only looks as if it were there.
function watch() {
  pulse();
  const silent = Date.now() - Math.max(heard, begun), refused = news?.readyState === EventSource.CLOSED;
  if (refused ? Date.now() - begun > REFUSED_MS : news && silent > AGAIN_MS) listen();
}

let again = 0;
async function arrive() {
  const channel = channelOf();
  if (channel !== null) {
    news?.close();
    news = null;
    const answer = await fetch(`/board/channel?name=${encodeURIComponent(channel)}`, { signal: AbortSignal.timeout(AGAIN_MS) }).catch(() => null);
    const page = answer?.ok ? await answer.json().catch(() => null) : null;
    if (channel !== channelOf()) return;
    if (page) {
      learn(page, true);
      first = false;
      hear(page.waits_for);
    }
    pulse();
    show();
    clearTimeout(again);  // who goes to and fro comes more than once
    again = setTimeout(() => channel === channelOf() && arrive(), 3000);
    return;
  }
  known.scores.clear();
  draw();
  listen();
}

const keep = (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } };
const kept = (name) => { try { return sessionStorage.getItem(name); } catch { return null; } };

// The demo's link carries its token behind the #, which no server sees; it is not left in the address.
const given = location.hash.match(/^#token=([\w-]+)$/);
if (given) {
  keep("token", given[1]);
  history.replaceState(null, "", "#/");
}
at("token").value = given?.[1] ?? "";
for (const id of ["by", "token", "course"]) {
  at(id).value = kept(id) ?? at(id).value;
  at(id).addEventListener("change", () => { keep(id, at(id).value); show(); });
}
let soon = 0;
at("find").addEventListener("input", () => {
  show();
  clearTimeout(soon);
  soon = setTimeout(() => channelOf() === null && listen(), 300);
});
for (const id of ["settings", "view"]) at(id).addEventListener("submit", (event) => event.preventDefault());
at("language").value = language;
at("language").addEventListener("change", () => {
  speak(at("language").value);
  if (news && sought()) listen();
  show();
});
addEventListener("hashchange", () => { tell("said", ""); arrive(); scrollTo(0, 0); });
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();  // the part behind the # is the channel
  at("main").focus();
});
speak(language);
arrive();
setInterval(care, 10_000);
setInterval(watch, 1_000);
