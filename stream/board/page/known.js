// What the page knows: scores with their course, alerts, who takes care of them.  Nothing here draws.
const STEP_S = { day: 1200, week: 10800 }, STEPS = { day: 72, week: 56 };

export const known = { scores: new Map(), alerts: [], also: [], past: [], leftOut: 0, alertsLeftOut: 0, firing: 0, troubles: 0, well: 0, waitsFor: null, newest: "", version: "" };

const keyOf = (each) => `${each.indicator}|${scopeKey(each)}|${each.window_s}`;

export function learn(page, whole) {
  if (whole) known.scores.clear();
  for (const score of page.scores) {
    const key = keyOf(score), before = known.scores.get(key);
    for (const course of ["day", "week"]) {
      score[course] ??= goneOn(before?.[course] ?? [], score, STEP_S[course], STEPS[course]);
    }
    score.key = key;
    known.scores.set(key, score);
    if (score.at > known.newest) known.newest = score.at;
  }
  const kept = page.shown && new Set(page.shown.map(keyOf));  // of the others no news comes any more
  for (const key of known.scores.keys()) if (kept && !kept.has(key)) known.scores.delete(key);
  for (const alert of page.alerts ?? []) if (alert.at > known.newest) known.newest = alert.at;  // scores may leave later
  if (page.alerts) {
    const { alerts, also = [], past, firing, troubles, alerts_left_out: alertsLeftOut } = page;
    Object.assign(known, { alerts, also, past, firing, troubles, alertsLeftOut });
  }
  Object.assign(known, { leftOut: page.left_out, well: page.well, version: page.version ?? known.version });
}

// A course is the time of its first step, then a value for every step.
function goneOn(course, score, step, most) {
  const at = Math.floor(Date.parse(score.at) / 1000 / step) * step;
  if (score.value === null || Number.isNaN(at)) return course;
  if (!course.length) return [at, score.value];
  const place = 1 + (at - course[0]) / step;
  if (place < course.length - 1 || place > 10 * most) return place > 0 ? [at, score.value] : course;
  const longer = course.slice();
  while (longer.length < place) longer.push(null);
  longer[place] = score.value;
  const over = longer.length - 1 - most;
  return over > 0 ? [longer[0] + over * step, ...longer.slice(1 + over)] : longer;
}

// Whether an alert tells of a score: of that of its window, where there is one, and not of other windows as well.
export const about = (alert, score) => alert.indicator === score.indicator && sameScope(alert, score)
  && (alert.window_s === score.window_s || !known.scores.has(keyOf(alert)));
export const scopeKey = (each) => JSON.stringify(each.scope);  // two scopes may read alike: a channel may be called "phone, topic x"
export const sameScope = (one, other) => scopeKey(one) === scopeKey(other);

export const marks = () => open().concat(known.also);  // of what fires, shown in the list or not
export const open = () => known.alerts.filter((each) => each.state === "firing" || each.state === "stale");

// Milliseconds for which something has gone on, in the time of the events.
export const lasting = (since) => Math.max(0, Date.parse(known.newest) - Date.parse(since)) || 0;
