// The board's words, and numbers as each language writes them.
const WORDS = {
  en: {
    alerts: "What fires", scores: "Channels", past: "What is over", find: "Find", you: "You", token: "Token",
    language: "Language", nothing: "Nothing fires.", none: "Nothing yet.", live: "live", lost: "no connection; trying again",
    all: "all channels", ack: "Acknowledge", silence: "Silence for 2 hours", since: "since", answers: "answers",
    between: "between", and: "and", warning: "warning", critical: "critical", firing: "firing", stale: "no data",
    pending: "pending", resolved: "over", accepted: "Done.", over: "It is over already.", unnamed: "(no name)",
    left: "more are not shown: narrow them with Find, or open a channel", back: "all channels", day: "last day",
    readOnly: "The worker has no token, so this board is read-only.", wrong: "The token is not the worker's.",
    who: "Say who you are first.", insufficient: "too few answers", warming: "warming up", window: "over",
    taken: "taken care of by",
  },
  fr: {
    alerts: "Ce qui sonne", scores: "Canaux", past: "Ce qui est fini", find: "Chercher", you: "Vous", token: "Jeton",
    language: "Langue", nothing: "Rien ne sonne.", none: "Rien encore.", live: "en direct", lost: "pas de connexion ; nouvel essai",
    all: "tous les canaux", ack: "Prendre en charge", silence: "Silence pendant 2 heures", since: "depuis", answers: "réponses",
    between: "entre", and: "et", warning: "avertissement", critical: "critique", firing: "sonne", stale: "sans données",
    pending: "en attente", resolved: "fini", accepted: "C’est fait.", over: "C’est déjà fini.", unnamed: "(sans nom)",
    left: "de plus ne sont pas montrés : cherchez, ou ouvrez un canal", back: "tous les canaux", day: "dernier jour",
    readOnly: "Le worker n’a pas de jeton : ce tableau est en lecture seule.", wrong: "Ce jeton n’est pas celui du worker.",
    who: "Dites d’abord qui vous êtes.", insufficient: "trop peu de réponses", warming: "en chauffe", window: "sur",
    taken: "prise en charge par",
  },
};

export let language = localStorage.getItem("language") || (navigator.language.startsWith("fr") ? "fr" : "en");

export function speak(chosen) {
  language = chosen in WORDS ? chosen : "en";
  localStorage.setItem("language", language);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
}

export const word = (name) => WORDS[language][name] ?? name;

const number = (value, digits) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

export function quantity(value, unit) {
  if (value === null) return "–";
  if (unit === "percent") return number(value, 1) + (language === "fr" ? "\u202f%" : "%");
  if (unit === "seconds") return duration(value);
  return number(value, unit === "count" ? 0 : 2);
}

export function duration(seconds) {
  if (seconds >= 2 * 86400) return `${number(seconds / 86400, 1)}\u202f${language === "fr" ? "j" : "d"}`;
  if (seconds >= 2 * 3600) return `${number(seconds / 3600, 1)}\u202fh`;
  return seconds >= 120 ? `${number(seconds / 60, 0)}\u202fmin` : `${number(seconds, 0)}\u202fs`;
}

export function time(text) {
  const then = new Date(text);
  const far = Math.abs(Date.now() - then) > 86400e3;
  const style = far ? { dateStyle: "medium", timeStyle: "short" } : { timeStyle: "short" };
  return new Intl.DateTimeFormat(language, style).format(then);
}

export function scopeText(scope) {
  const parts = Object.entries(scope).map(([name, value]) =>
    name === "channel" ? value || word("unnamed") : `${name} ${value || word("unnamed")}`);
  return parts.join(", ") || word("all");
}
