"""The phrases of notices in every language that there is, with places for the same numbers in each."""

from collections.abc import Mapping
from typing import Final

Phrases = Mapping[str, Mapping[str, str]]

NAMES: Final[Phrases] = {
    "en": {
        "csat": "Customer satisfaction (CSAT)",
        "csat_mean": "Mean CSAT score",
        "ces": "Customer effort (CES)",
        "nps": "Net promoter score (NPS)",
        "fcr": "First contact resolution",
        "ttr": "Mean time to resolution",
        "ttr_median": "Median time to resolution",
        "ttr_p90": "Time to resolution of nine cases in ten",
        "ttr_within": "Share resolved within target",
        "abandonment": "Share of abandoned contacts",
        "wait": "Share answered within target",
        "sentiment": "Share of negative mentions",
        "contacts": "Number of contacts",
        "answers": "Number of answers",
        "mentions": "Number of mentions",
        "negative_mentions": "Number of negative mentions",
    },
    "fr": {
        "csat": "Satisfaction client (CSAT)",
        "csat_mean": "Note CSAT moyenne",
        "ces": "Effort client (CES)",
        "nps": "Net promoter score (NPS)",
        "fcr": "Résolution au premier contact",
        "ttr": "Délai moyen de résolution",
        "ttr_median": "Délai médian de résolution",
        "ttr_p90": "Délai de résolution de neuf dossiers sur dix",
        "ttr_within": "Part résolue dans le délai visé",
        "abandonment": "Part des contacts abandonnés",
        "wait": "Part des réponses dans le délai visé",
        "sentiment": "Part des mentions négatives",
        "contacts": "Nombre de contacts",
        "answers": "Nombre de réponses",
        "mentions": "Nombre de mentions",
        "negative_mentions": "Nombre de mentions négatives",
    },
}

_ANSWERS: Final = {"en": "answers", "fr": "réponses"}
_CASES: Final = {"en": "resolved cases", "fr": "dossiers résolus"}
_MENTIONS: Final = {"en": "mentions", "fr": "mentions"}
_NEGATIVE: Final = {"en": "negative mentions", "fr": "mentions négatives"}
_CONTACTS: Final = {"en": "contacts", "fr": "contacts"}

NOUNS: Final[Phrases] = {
    lang: {
        **dict.fromkeys(("csat", "csat_mean", "ces", "nps", "answers"), _ANSWERS[lang]),
        **dict.fromkeys(("ttr", "ttr_median", "ttr_p90", "ttr_within"), _CASES[lang]),
        **dict.fromkeys(("sentiment", "mentions"), _MENTIONS[lang]),
        "negative_mentions": _NEGATIVE[lang],
        "contacts": _CONTACTS[lang],
    }
    for lang in ("en", "fr")
}
"""What an indicator is computed from; contacts unless listed."""

SENTENCES: Final[Phrases] = {
    "en": {
        "threshold": "{what}{where} is {value}{interval}, {side} the {severity} limit of {limit}{source}.",
        "threshold_kept": (
            "{what}{where} is {value}{interval}, not surely back from the {severity} limit of "
            "{limit}{source}."
        ),
        "sudden": (
            "{what}{where} has suddenly {moved} to {value}{interval}, past its limit of "
            "{limit}{source}{since}."
        ),
        "sudden_kept": (
            "{what}{where} had suddenly {moved} past its limit of {limit} and is not surely back: "
            "it is {value}{interval}{source}{since}."
        ),
        "sudden_usual": (
            "{what}{where} has suddenly {moved} to {value}{interval}, worse than the {limit} allowed at "
            "these hours{source}{since}."
        ),
        "sudden_usual_kept": (
            "{what}{where} had suddenly {moved} and is not surely back at what is allowed at these hours: "
            "it is {value}{interval}{source}{since}."
        ),
        "burn": (
            "{what}{where} is {value}{interval}: bad {all} come {rate} times faster than "
            "the target allows{source}."
        ),
        "gap": "{what}{where} is {value}{interval}, clearly worse than the others at {others}{source}.",
        "gap_usual": "{what}{where} is {value}{interval}, {more} points farther behind than before{source}.",
        "usual": "{what}{where} is {value}{interval}, worse than the {limit} allowed at these hours{source}.",
        "usual_kept": (
            "{what}{where} is {value}{interval}, not surely back from the {limit} allowed at these "
            "hours{source}."
        ),
        "surge": "Far more than usual{where}: {n} {nouns}{since}, where {expected} {were} expected.",
        "surge_kept": (
            "Not surely back to what is usual{where}: {n} {nouns}{since}, where {expected} {were} expected."
        ),
        "silence": "Far too little comes in{where}: {n} {nouns}{since}, where {expected} {were} expected.",
        "silence_kept": (
            "Not surely enough comes in again{where}: {n} {nouns}{since}, where {expected} {were} expected."
        ),
        "wanted": "Too little comes in{where}: {n} {nouns}{within}, where at least {expected} {were} wanted.",
        "stale": "{what}{where} cannot be judged any more, since too little comes in; the alert stays open.",
    },
    "fr": {
        "threshold": "{what}{where} : {value}{interval}, {side} de la limite {severity} de {limit}{source}.",
        "threshold_kept": (
            "{what}{where} : {value}{interval}, retour incertain en deçà de la limite {severity} de "
            "{limit}{source}."
        ),
        "sudden": (
            "{what}{where} : {moved} brusque à {value}{interval}, {side} de la limite de "
            "{limit}{source}{since}."
        ),
        "sudden_kept": (
            "{what}{where} : {moved} brusque {side} de la limite de {limit}, retour incertain : "
            "{value}{interval}{source}{since}."
        ),
        "sudden_usual": (
            "{what}{where} : {moved} brusque à {value}{interval}, moins bon que toléré à ces heures, "
            "{limit}{source}{since}."
        ),
        "sudden_usual_kept": (
            "{what}{where} : {moved} brusque, retour incertain en deçà de ce qui est toléré à ces heures : "
            "{value}{interval}{source}{since}."
        ),
        "burn": (
            "{what}{where} : {value}{interval} ; les {all} en défaut arrivent {rate} fois "
            "plus vite que l'objectif ne le permet{source}."
        ),
        "gap": "{what}{where} : {value}{interval}, nettement moins bon que les autres à {others}{source}.",
        "gap_usual": "{what}{where} : {value}{interval}, retard accru de {more} points{source}.",
        "usual": "{what}{where} : {value}{interval}, moins bon que toléré à ces heures, {limit}{source}.",
        "usual_kept": (
            "{what}{where} : {value}{interval}, retour incertain en deçà de ce qui est toléré à ces "
            "heures, {limit}{source}."
        ),
        "surge": "Bien plus que d'habitude{where} : {n} {nouns}{since}, contre {expected} d'ordinaire.",
        "surge_kept": (
            "Retour incertain au volume habituel{where} : {n} {nouns}{since}, contre {expected} d'ordinaire."
        ),
        "silence": ("Bien trop peu d'activité{where} : {n} {nouns}{since}, contre {expected} d'ordinaire."),
        "silence_kept": (
            "Retour incertain de l'activité{where} : {n} {nouns}{since}, contre {expected} d'ordinaire."
        ),
        "wanted": "Trop peu d'activité{where} : {n} {nouns}{within}, pour un minimum de {expected}.",
        "stale": "{what}{where} : trop peu d'activité, on ne peut plus juger ; l'alerte reste ouverte.",
    },
}
"""What fires or has no data; `_kept`: it still fires, though its value is not past the limit any more."""

ENDS: Final[Phrases] = {
    "en": {
        "threshold": "{what}{where} is healthy again: {value}{interval}{source}.",
        "sudden": "{what}{where} is healthy again: its latest {all} are back at its limit of {limit}.",
        "usual": "{what}{where} is no longer clearly worse than at these hours before.",
        "burn": "{what}{where}: bad {all} no longer come faster than the target allows.",
        "gap": "{what}{where} is no longer clearly worse than the others.",
        "gap_usual": "{what}{where} is no longer clearly farther behind the others than before.",
        "surge": "{what}{where} is back to what is usual.",
        "silence": "Enough {all} come in again{where}.",
        "known": (
            "{what}{where}: this is known, somebody says. It is told again when it gets worse, or when it "
            "is over and begins anew."
        ),
        "new_level": (
            "{what}{where} has a new level: {became} is usual by now, where {usual} was. It is learned, and "
            "no longer news."
        ),
        "unwatched": "{what}{where} is no longer watched by this rule.",
        "removed": "{what}{where} is no longer watched: its rule has been removed or changed.",
        "lost": "{what}{where} is watched anew: what was known of it is lost.",
    },
    "fr": {
        "threshold": "{what}{where} : retour à la normale, {value}{interval}{source}.",
        "sudden": "{what}{where} : retour à la normale, revenu tout récemment à la limite de {limit}.",
        "usual": "{what}{where} n'est plus nettement moins bon qu'aux mêmes heures auparavant.",
        "burn": "{what}{where} : les {all} en défaut n'arrivent plus trop vite pour l'objectif.",
        "gap": "{what}{where} : l'écart avec les autres n'est plus net.",
        "gap_usual": "{what}{where} : l'écart avec les autres n'est plus nettement plus grand qu'avant.",
        "surge": "{what}{where} : retour au volume habituel.",
        "silence": "De nouveau assez d'activité{where}.",
        "known": (
            "{what}{where} : c'est connu, dit quelqu'un. On en reparlera si cela s'aggrave, ou si cela "
            "recommence après la fin."
        ),
        "new_level": (
            "{what}{where} : nouveau niveau, {became} est désormais habituel, contre {usual} auparavant. "
            "C'est appris, et ce n'est plus une nouvelle."
        ),
        "unwatched": "{what}{where} : plus surveillé par cette règle.",
        "removed": "{what}{where} : plus surveillé, la règle a été supprimée ou changée.",
        "lost": "{what}{where} : surveillance reprise à zéro, ce qu'on en savait est perdu.",
    },
}
"""How an alert ended."""

MEANING: Final[Phrases] = {
    "en": {
        "threshold": "Chance alone does not explain it: customers there fare worse than the limit allows.",
        "plain": "Customers there fare worse than the limit allows.",
        "volume": "More comes in there than the limit allows.",
        "sudden": "Something has changed there for the worse, and lately.",
        "burn": "At this pace the target of the period will be missed.",
        "gap": "The trouble is there and not everywhere.",
        "gap_usual": "The trouble is there and not everywhere, and is new.",
        "usual": "It is worse than the same hours of earlier weeks, beyond what chance explains.",
        "surge": "Something makes people turn to you at once.",
        "silence": "Either customers cannot reach you, or their answers do not reach us.",
    },
    "fr": {
        "threshold": (
            "Le hasard seul ne l'explique pas : les clients y sont moins bien servis que la "
            "limite ne le permet."
        ),
        "plain": "Les clients y sont moins bien servis que la limite ne le permet.",
        "volume": "Il en arrive plus que la limite ne le permet.",
        "sudden": "Quelque chose s'y est dégradé, et récemment.",
        "burn": "À ce rythme, l'objectif de la période sera manqué.",
        "gap": "Le problème est là, et pas partout.",
        "gap_usual": "Le problème est là, et pas partout, et c'est nouveau.",
        "usual": "C'est moins bon qu'aux mêmes heures des semaines passées, au-delà du hasard.",
        "surge": "Quelque chose pousse les gens à vous contacter tous à la fois.",
        "silence": (
            "Soit les clients ne peuvent pas vous joindre, soit leurs réponses ne nous parviennent pas."
        ),
    },
}

LOOK: Final[Phrases] = {
    "en": {
        "cause": "Look first at {dimension} {value}: {share} % of the trouble.",
        "nothing": "Look first at what changed there lately.",
    },
    "fr": {
        "cause": "À regarder d'abord : {dimension} {value}, {share} % du problème.",
        "nothing": "À regarder d'abord : ce qui y a changé récemment.",
    },
}

WORDS: Final[Phrases] = {
    "en": {
        "critical": "Critical", "warning": "Warning", "resolved": "Resolved", "known": "Known",
        "new_level": "New level", "stale": "No data",
        "pending": "Pending",
        "limit_critical": "critical", "limit_warning": "warning",
        "below": "below", "above": "above", "fallen": "fallen", "risen": "risen",
        "between": "between {interval}, chance considered", "to": " and ",
        "from": ", from {n} {nouns}{window}", "window": " in the last {window}", "since": " since {time}",
        "was": "was", "were": "were", "hourly": " an hour",
        "unknown": "unknown", "without": "no {name}", "colon": ": ", "usually": ", usually {usual}",
        "none": "(none)", "everywhere": "everywhere", "nth": "no. {n} in 24 h",
        "fact_value": "Value", "fact_interval": "Interval", "fact_limit": "Limit",
        "fact_since": "Since", "fact_movement": "Movement", "fact_cause": "Top cause",
        "fact_times": "How often",
        "fact_acknowledged_by": "Taken care of by", "fact_owner": "Owner",
        "dashboard": "Dashboard", "board": "Board", "runbook": "Runbook", "acknowledge": "Acknowledge",
        "silence_ends": "The silence of {match} ends {time} ({by})",
        "silence_broken": "Open under it, and told when it ends: {n}.",
        "silence_idle": "No open alert is to be told when it ends.",
        "still_broken": "A silence has ended, and this still holds.",
        "alerts": "{n} alerts", "alert": "{n} alert", "more": "… and {n} more",
        "news": "{new} new, {still} still, {over} over",
    },
    "fr": {
        "critical": "Critique", "warning": "Attention", "resolved": "Terminé",
        "known": "Connu", "new_level": "Nouveau niveau",
        "stale": "Sans données", "pending": "En attente",
        "limit_critical": "critique", "limit_warning": "d'attention",
        "below": "au-dessous", "above": "au-dessus", "fallen": "baisse", "risen": "hausse",
        "between": "entre {interval}, hasard compris", "to": " et ",
        "from": ", sur {n} {nouns}{window}", "window": " en {window}", "since": " depuis {time}",
        "was": "", "were": "", "hourly": " par heure",
        "unknown": "inconnu", "without": "sans {name}", "colon": " : ", "usually": ", d'habitude {usual}",
        "none": "(aucun)", "everywhere": "partout", "nth": "n° {n} en 24 h",
        "fact_value": "Valeur", "fact_interval": "Intervalle", "fact_limit": "Limite",
        "fact_since": "Depuis", "fact_movement": "Évolution", "fact_cause": "Cause principale",
        "fact_times": "Fréquence",
        "fact_acknowledged_by": "Pris en charge par", "fact_owner": "Responsable",
        "rule": "règle", "severity": "gravité", "indicator": "indicateur", "owner": "responsable",
        "channel": "canal", "stage": "étape", "topic": "sujet", "team": "équipe", "product": "produit",
        "country": "pays", "variant": "variante", "segment": "segment", "d": "j",
        "dashboard": "Tableau de bord", "board": "Tableau", "runbook": "Procédure",
        "acknowledge": "Prendre en charge",
        "silence_ends": "Le silence de {match} prend fin le {time} ({by})",
        "silence_broken": "Alertes ouvertes pendant ce silence, annoncées à sa fin : {n}.",
        "silence_idle": "Aucune alerte ouverte ne sera annoncée à sa fin.",
        "still_broken": "Un silence a pris fin, et ceci dure encore.",
        "alerts": "{n} alertes", "alert": "{n} alerte", "more": "… et {n} de plus",
        "news": "Nouvelles : {new}, en cours : {still}, terminées : {over}",
    },
}  # fmt: skip
