// The board's words, and numbers as each language writes them.
import { known } from "./known.js";

const WORDS = {
  en: {
    alerts: "What fires", scores: "Channels", past: "What is over", find: "Find", you: "You", token: "Token",
    language: "Language", nothing: "Nothing fires.", none: "Nothing yet.", unfound: "Nothing found.", live: "live", lost: "no connection; trying again", behind: "the worker is not up to date",
    all: "all channels", ack: "Acknowledge", silence: "Silence for 2 hours", since: "since", for: "for", to: "to", from: "from",
    and: "and", warning: "warning", critical: "critical", firing: "firing", stale: "no data",
    pending: "pending", resolved: "over", accepted: "Done.", over: "It is over already.", unnamed: "(no name)",
    left: "more scores are not shown: narrow them with Find, or open a channel", alertsLeft: "more alerts are not shown",
    readOnly: "The worker has no token, so this board is read-only.", wrong: "The token is not the worker's.",
    who: "Say who you are first.", insufficient: "too few answers", warming: "warming up", window: "over", limit: "limit",
    taken: "taken care of by", silenced: "silenced until", course: "Course", day: "last day", week: "last week",
    others: "more", cause: "of it comes from", skip: "Skip to the content", unreachable: "The worker does not answer.", colon: ": ", mostly: "mostly",
    waiting: "Waiting for the first scores …", fine: "All is well", well: "well", trouble: "in trouble", indicators: "Indicators",
    volumes: "Volumes", stage: "Stages", topic: "Topics", segment: "Segments", team: "Teams", product: "Products",
    country: "Countries", variant: "Variants", several: "Combinations", alone: "Only the channel as a whole is scored. A rule with `by: [channel, topic]` (or stage, team, …) adds a part here.",
    answers: ["answer", "answers"], contacts: ["contact", "contacts"], cases: ["case", "cases"], mentions: ["mention", "mentions"],
    channels: ["channel", "channels"],
    dims: {},
    names: { csat: "CSAT", csat_mean: "CSAT, mean score", nps: "NPS", ces: "CES (effort)", fcr: "First contact resolution", abandonment: "Abandoned", wait: "Answered in time",
      ttr: "Time to resolution", ttr_median: "Time to resolution, median", ttr_p90: "Time to resolution, p90", ttr_within: "Resolved in time", sentiment: "Negative mentions",
      contacts: "Contacts", answers: "Answers", mentions: "Mentions", negative_mentions: "Negative mentions, count" },
  },
  fr: {
    alerts: "Ce qui sonne", scores: "Canaux", past: "Ce qui est fini", find: "Chercher", you: "Vous", token: "Jeton",
    language: "Langue", nothing: "Rien ne sonne.", none: "Rien encore.", unfound: "Rien de tel.", live: "en direct", lost: "pas de connexion ; nouvel essai", behind: "le worker n’est pas à jour",
    all: "tous les canaux", ack: "Prendre en charge", silence: "Silence pendant 2 heures", since: "depuis", for: "durée", to: "à", from: "de",
    and: "et", warning: "avertissement", critical: "critique", firing: "sonne", stale: "sans données",
    pending: "en attente", resolved: "fini", accepted: "C’est fait.", over: "C’est déjà fini.", unnamed: "(sans nom)",
    left: "scores de plus ne sont pas montrés : cherchez, ou ouvrez un canal", alertsLeft: "alertes de plus ne sont pas montrées",
    readOnly: "Le worker n’a pas de jeton : ce tableau est en lecture seule.", wrong: "Ce jeton n’est pas celui du worker.",
    who: "Dites d’abord qui vous êtes.", insufficient: "trop peu de réponses", warming: "en chauffe", window: "sur", limit: "limite",
    taken: "prise en charge par", silenced: "silence jusqu’à", course: "Courbe", day: "dernier jour", week: "dernière semaine",
    others: "de plus", cause: "viennent de", skip: "Aller au contenu", unreachable: "Le worker ne répond pas.", colon: "\u00a0: ", mostly: "surtout",
    waiting: "En attente des premiers scores…", fine: "Tout va bien", well: "sans souci", trouble: "en difficulté", indicators: "Indicateurs",
    volumes: "Volumes", stage: "Étapes", topic: "Sujets", segment: "Segments", team: "Équipes", product: "Produits",
    country: "Pays", variant: "Variantes", several: "Combinaisons", alone: "Seul le canal entier est mesuré. Une règle avec `by: [channel, topic]` (ou stage, team…) ajoute une partie ici.",
    answers: ["réponse", "réponses"], contacts: ["contact", "contacts"], cases: ["cas", "cas"], mentions: ["mention", "mentions"],
    channels: ["canal", "canaux"],
    dims: { channel: "canal", stage: "étape", topic: "sujet", team: "équipe", product: "produit", country: "pays", variant: "variante" },
    names: { csat: "CSAT", csat_mean: "CSAT, note moyenne", nps: "NPS", ces: "CES (effort)", fcr: "Résolu au premier contact", abandonment: "Abandons", wait: "Réponse à temps",
      ttr: "Délai de résolution", ttr_median: "Délai de résolution, médiane", ttr_p90: "Délai de résolution, p90", ttr_within: "Résolu à temps", sentiment: "Mentions négatives",
      contacts: "Contacts", answers: "Réponses", mentions: "Mentions", negative_mentions: "Mentions négatives, nombre" },
  },
};

const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
export let language = kept("language") || (navigator.language.startsWith("fr") ? "fr" : "en");

export function speak(chosen) {
  language = chosen in WORDS ? chosen : "en";
  try { localStorage.setItem("language", language); } catch { /* a browser that keeps nothing */ }
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
}

export const word = (name) => WORDS[language][name] ?? name;
export const dimension = (name) => WORDS[language].dims[name] ?? name;
export const indicatorName = (name) => WORDS[language].names[name] ?? name.replaceAll("_", " ");

// What is asked of a worker that knows no language: what was typed, and a line for each name that a reader calls so.
export function meant(sought) {
  const named = Object.entries(WORDS[language].names).filter(([, shown]) => shown.toLowerCase().includes(sought)).map(([name]) => name);
  return sought ? [sought, ...named, ...(word("all").includes(sought) ? ["all channels"] : [])].join("\n") : "";
}

const number = (value, digits) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

export function quantity(value, unit) {
  if (value === null) return "–";
  if (unit === "percent") return number(value, 1) + (language === "fr" ? "\u202f%" : "%");
  if (unit === "seconds") return duration(value);
  return number(value, unit === "count" ? 0 : unit === "points" && Math.abs(value) < 10 ? 2 : 1);
}

// An interval, its unit said once.
export function interval(low, high, unit) {
  if (unit === "seconds") return `${duration(low)} – ${duration(high)}`;
  return `${quantity(low, "points")} – ${quantity(high, unit)}`;
}

export const share = (ratio) => quantity(100 * Number(ratio), "percent");

const OF = { fcr: "contacts", abandonment: "contacts", wait: "contacts", ttr: "cases", ttr_median: "cases", ttr_p90: "cases", ttr_within: "cases", sentiment: "mentions" };
export const plural = (n, name) => `${number(n, 0)} ${WORDS[language][name][n === 1 ? 0 : 1]}`;
export const counted = (n, indicator) => plural(n, OF[indicator] ?? "answers");

export function duration(seconds) {
  if (seconds >= 2 * 86400) return `${number(seconds / 86400, 1)}\u202f${language === "fr" ? "j" : "d"}`;
  if (seconds >= 2 * 3600) return `${number(seconds / 3600, 1)}\u202fh`;
  return seconds >= 120 ? `${number(seconds / 60, 0)}\u202fmin` : `${number(seconds, 0)}\u202fs`;
}

// The hour alone where the day is that of the newest event (or, of what people said, today).
export function time(text, real = false) {
  const then = new Date(text), now = real || !known.newest ? new Date() : new Date(known.newest);
  if (Number.isNaN(then.getTime())) return text;
  const style = then.toDateString() === now.toDateString() ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language === "fr" ? "fr" : "en-GB", style).format(then);
}

export const moment = (text) => new Intl.DateTimeFormat(language === "fr" ? "fr" : "en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(new Date(text));

// A value of a dimension.  What turns the direction of the text around it is written out, as in summaries.
const TURNS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
export const valueText = (value) => String(value ?? "")
  .replace(TURNS, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`) || word("unnamed");

export function scopeText(scope) {
  const parts = Object.entries(scope).map(([name, value]) =>
    name === "channel" ? valueText(value) : `${dimension(name)} ${valueText(value)}`);
  return parts.join(", ") || word("all");
}
