"""The vocabulary of answers: words, faces, thumbs and stars, and how far up a scale each of them lies.

A vocabulary is whole or not known at all: of a word that is understood, the opposite is too.  If only the
good words of a survey were understood, the bad answers would be refused, and the score be the better for it.
So every row of `PAIRS` has both sides, and `tests/unit/intake/test_vocabulary.py` asks for both.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from alerts.foreign_text import UNSEEN
from stream.intake.decoding import more_languages

Words = tuple[str, ...]

_PAIRS: Final[tuple[tuple[float, Words, Words], ...]] = (
    # How far up the better side lies (the worse lies as far down), the worse words, the better ones.
    (1.0, ("very dissatisfied", "very unsatisfied", "not at all satisfied"), ("very satisfied",)),
    (1.0, ("extremely dissatisfied", "completely dissatisfied", "totally dissatisfied",
           "highly dissatisfied", "entirely dissatisfied", "fully dissatisfied", "very displeased",
           "very unsatisfactory"),
     ("extremely satisfied", "completely satisfied", "totally satisfied", "highly satisfied",
      "entirely satisfied", "fully satisfied", "very pleased", "very satisfactory")),
    (0.75, ("dissatisfied", "unsatisfied", "not satisfied", "displeased", "unsatisfactory"),
     ("satisfied", "pleased", "satisfactory")),
    (2 / 3, ("somewhat dissatisfied", "slightly dissatisfied", "rather dissatisfied", "somewhat unsatisfied",
             "not very satisfied", "not so satisfied", "not really satisfied", "fairly dissatisfied",
             "mostly dissatisfied", "quite dissatisfied", "moderately dissatisfied",
             "a little dissatisfied", "not too satisfied", "hardly satisfied"),
     ("somewhat satisfied", "slightly satisfied", "rather satisfied", "fairly satisfied",
      "mostly satisfied", "quite satisfied", "moderately satisfied", "a little satisfied")),
    (1.0, ("tres insatisfait", "pas du tout satisfait", "totalement insatisfait",
           "extremement insatisfait", "completement insatisfait", "entierement insatisfait",
           "absolument pas satisfait", "tout a fait insatisfait", "pleinement insatisfait"),
     ("tres satisfait", "tout a fait satisfait", "totalement satisfait", "extremement satisfait",
      "completement satisfait", "entierement satisfait", "pleinement satisfait")),
    (0.75, ("insatisfait", "pas satisfait", "non satisfait", "insatisfaisant", "decevant"),
     ("satisfait", "satisfaisant")),
    (2 / 3, ("plutot insatisfait", "plutot pas satisfait", "peu satisfait", "assez insatisfait",
             "pas tres satisfait",
             "pas vraiment satisfait"),
     ("plutot satisfait", "assez satisfait")),
    (1.0, ("very bad", "very poor", "terrible", "awful", "horrible", "extremely poor",
           "extremely bad", "dreadful", "worst", "unacceptable", "abysmal"),
     ("very good", "excellent", "great", "outstanding", "perfect", "amazing", "extremely good", "exceptional",
      "best", "fantastic", "wonderful", "superb", "awesome")),
    (1.0, ("hate it", "hated it", "hate", "i hated it", "i hate it"),
     ("love it", "loved it", "love", "i loved it", "i love it")),
    (0.75, ("dislike it", "disliked it", "didn t like it", "i didn t like it", "not great", "pretty bad",
            "worse than expected", "unpleasant"),
     ("like it", "liked it", "i liked it", "pretty good", "better than expected", "pleasant")),
    (1.0, ("much worse than expected", "very unpleasant", "very disappointing", "tres decevant",
           "pas du tout satisfaisant", "tres insatisfaisant"),
     ("much better than expected", "very pleasant", "very impressive", "tres satisfaisant")),
    (2 / 3, ("slightly unhappy", "fairly unhappy", "peu satisfaisant"),
     ("slightly happy", "fairly happy", "plutot satisfaisant", "assez satisfaisant")),
    (0.75, ("bad", "poor", "not good", "mediocre", "below average", "bad with comment",
            "bad without comment"),
     ("good", "above average", "good with comment", "good without comment")),
    (2 / 3, ("somewhat bad", "rather bad", "somewhat poor", "rather poor"), ("somewhat good", "rather good")),
    (1.0, ("tres mauvais", "tres mal", "nul", "execrable", "inacceptable"),
     ("tres bon", "tres bien", "parfait", "genial", "super", "exceptionnel")),
    (0.75, ("mauvais", "mal", "pas bon", "pas bien"), ("bon", "bien")),
    (2 / 3, ("plutot mauvais", "assez mauvais", "plutot mal", "assez mal"),
     ("plutot bon", "assez bon", "plutot bien", "assez bien")),
    (1.0, ("very unhappy", "very sad", "tres mecontent", "pas du tout content", "very angry", "furious",
           "extremely unhappy", "not at all happy", "tres malheureux", "furieux", "very disappointed",
           "extremely disappointed", "tres decu"),
     ("very happy", "tres content", "ravi", "delighted", "extremely happy", "tres heureux", "enchante")),
    (0.75, ("unhappy", "not happy", "sad", "mecontent", "pas content", "triste", "angry", "malheureux",
            "disappointed", "disappointing", "decu"),
     ("happy", "content", "heureux")),
    (2 / 3, ("somewhat unhappy", "rather unhappy", "not very happy", "not so happy", "not really happy",
             "plutot mecontent", "assez mecontent", "pas tres content", "peu content"),
     ("somewhat happy", "rather happy", "plutot content", "assez content")),
    (1.0, ("strongly disagree", "totally disagree", "completely disagree", "pas du tout d accord",
           "fully disagree", "tout a fait en desaccord", "totalement en desaccord", "fortement en desaccord"),
     ("strongly agree", "totally agree", "completely agree", "tout a fait d accord", "fully agree",
      "totalement d accord", "entierement d accord", "fortement d accord")),
    (0.75, ("disagree", "pas d accord", "en desaccord"), ("agree", "d accord")),
    (2 / 3, ("somewhat disagree", "slightly disagree", "rather disagree", "plutot pas d accord",
             "mostly disagree", "tend to disagree", "plutot en desaccord"),
     ("somewhat agree", "slightly agree", "rather agree", "plutot d accord", "mostly agree",
      "tend to agree")),
    (0.75, ("thumbs down", "thumb down", "thumbsdown", "down", "dislike", "disliked", "👎"),
     ("thumbs up", "thumb up", "thumbsup", "up", "like", "liked", "👍")),
    (0.75, ("negative", "negatif"), ("positive", "positif")),
    (0.75, ("not helpful", "unhelpful", "pas utile", "inutile"), ("helpful", "utile")),
    (1.0, ("not at all helpful", "very unhelpful", "extremely unhelpful", "pas du tout utile"),
     ("very helpful", "extremely helpful", "tres utile")),
    (0.75, ("below expectations", "did not meet expectations", "does not meet expectations",
            "failed to meet expectations", "en dessous des attentes"),
     ("above expectations", "exceeded expectations", "exceeds expectations", "au dela des attentes")),
    (1.0, ("non pas du tout", "pas du tout"), ("oui tout a fait", "tout a fait")),
    (2 / 3, ("plutot non", "non plutot pas"), ("plutot oui", "oui plutot")),
    (1.0, ("far below expectations", "well below expectations"),
     ("far above expectations", "well above expectations")),
    (1.0, ("😡", "😠", "🤬", "😤", "😭", "😖", "😫", "😩", "😣", "👿", "🤮", ":((", ":'("),
     ("😍", "🤩", "😄", "😁", "😃", "😀", "🥰", "😆", "😎", "🤗", "🥳", "😻", ":))", ":d")),
    (0.75, ("🙁", "☹", "😞", "😟", "😕", "😢", "😒", "😔", "😥", "🙄", ":(", ":/"),
     ("🙂", "☺", "😊", "😌", "🙃", "😇", "😋", "😺", ":)", ":p")),
)  # fmt: skip
PAIRS: Final = (*_PAIRS, *more_languages.PAIRS)
MIDDLE: Final[Words] = (
    *more_languages.MIDDLE,
    "neutral", "neither satisfied nor dissatisfied", "neither satisfied nor unsatisfied", "fair", "average",
    "ok", "okay", "neither good nor bad", "neither agree nor disagree", "undecided", "mixed",
    "neither happy nor unhappy", "neutre", "ni satisfait ni insatisfait", "moyen", "moyenne", "correct",
    "ni bon ni mauvais", "met expectations", "meets expectations", "as expected", "acceptable", "passable",
    "it was ok", "it was okay", "it s ok", "it s okay", "alright", "all right", "adequate",
    "about what i expected", "ni bien ni mal", "neither like nor dislike",
    "moyennement satisfait", "neither pleased nor displeased", "ni d accord ni pas d accord", "mitige",
    "😐", "😑", "😶", ":|",
)  # fmt: skip
"""What lies in the middle is its own opposite."""
_EFFORT_PAIRS: Final[tuple[tuple[float, Words, Words], ...]] = (
    # As `PAIRS`: the words of little effort, and those of much.
    (1.0, ("very easy", "extremely easy", "very low effort", "tres facile", "extremement facile"),
     ("very difficult", "very hard", "extremely difficult", "extremely hard", "very high effort",
      "tres difficile", "extremement difficile")),
    (0.75, ("easy", "low effort", "facile"), ("difficult", "hard", "high effort", "difficile")),
    (2 / 3, ("somewhat easy", "rather easy", "fairly easy", "slightly easy", "plutot facile",
             "assez facile"),
     ("somewhat difficult", "somewhat hard", "rather difficult", "fairly difficult", "slightly difficult",
      "plutot difficile", "assez difficile")),
)  # fmt: skip
EFFORT_PAIRS: Final = (*_EFFORT_PAIRS, *more_languages.EFFORT_PAIRS)
EFFORT_MIDDLE: Final[Words] = (
    *more_languages.EFFORT_MIDDLE,
    "neutral", "neither easy nor difficult", "neither easy nor hard", "neutre", "ni facile ni difficile",
)  # fmt: skip
YES: Final[Words] = ("yes", "y", "true", "oui", "o", "vrai", "✓", "✔", "✅", *more_languages.YES)
NO: Final[Words] = ("no", "n", "false", "non", "faux", "✗", "✘", "❌", *more_languages.NO)
SENTIMENTS: Final[Mapping[float, Words]] = {
    1.0: ("positive", "pos", "positif", "positives", "positifs", "very positive", "somewhat positive",
          "slightly positive", "tres positif", *more_languages.SENTIMENTS[1.0]),
    0.0: ("neutral", "neu", "neutre", "mixed", "mixte", *more_languages.SENTIMENTS[0.0]),
    -1.0: ("negative", "neg", "negatif", "negatives", "negatifs", "very negative", "somewhat negative",
           "slightly negative", "tres negatif", *more_languages.SENTIMENTS[-1.0]),
}  # fmt: skip

LISTED: Final = (
    "words in English or six other languages from dissatisfied to satisfied, bad to good, poor to excellent, "
    "disagree to agree or unhappy to happy, faces, thumbs, stars, 4/5"
)
"""What a message says is understood."""
LISTED_EFFORT: Final = "words in English or six other languages from easy to difficult"

_FEMININE: Final = {
    "satisfaite": "satisfait", "insatisfaite": "insatisfait", "satisfaits": "satisfait",
    "contente": "content", "insatisfaits": "insatisfait", "mecontente": "mecontent",
    "satisfaites": "satisfait", "insatisfaites": "insatisfait", "contents": "content", "contentes": "content",
    "mecontents": "mecontent", "mecontentes": "mecontent", "malheureuse": "malheureux",
    "furieuse": "furieux", "satisfaisante": "satisfaisant", "insatisfaisante": "insatisfaisant",
    "decevante": "decevant", "excellente": "excellent", "exceptionnelle": "exceptionnel",
    "geniale": "genial", "enchantee": "enchante",
    "mauvaise": "mauvais", "bonne": "bon",
    "heureuse": "heureux", "parfaite": "parfait", "ravie": "ravi", "correcte": "correct", "mitigee": "mitige",
    "nulle": "nul",
    **more_languages.ENDINGS,
}  # fmt: skip
_JOINTS: Final = re.compile(r"[\s_,’'`\u2010-\u2015-]+")
_BOTH: Final = re.compile(
    r"(?<=[^\W\d_])(?:\((?:e|s|es|ne|te|a|as|os)\)s?|(?<=[^\W\d_]{3})/as?\b|[·.•]e(?:[·.•]?s)?\b)"
)
"""For whoever reads it: satisfait(e), satisfait·e·s, satisfecho/a."""
_SMILEY: Final = re.compile(r"[:;=][-o^]?('?\(|\(\(|\)\)?|[|/\\dp])", re.IGNORECASE)
"""In letters: :-) is :), and ;-D is :d."""
_TONES: Final = re.compile(f"[\ufe0e\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff{UNSEEN}]")
"""Variation selectors, joiners, keycaps and tones of skin: how a sign looks, not what it says."""


def folded(text: str) -> str:
    """Small letters, single spaces, no accents, no feminine endings, signs without their looks."""
    plain = unicodedata.normalize(
        "NFKD", _BOTH.sub("", _TONES.sub("", text)).strip().strip("\"'«»“”„‘’.!?,…* ")
    )
    if smiley := _SMILEY.fullmatch(plain):
        return f":{smiley[1].lower()}".replace("\\", "/")
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    words = _JOINTS.sub(" ", plain).split()
    return " ".join(_FEMININE.get(word, word) for word in words)


def _shares(pairs: tuple[tuple[float, Words, Words], ...], middle: Words) -> Mapping[str, float]:
    found = dict.fromkeys(middle, 0.5)
    for share, low, high in pairs:
        found.update(dict.fromkeys(low, 1 - share))
        found.update(dict.fromkeys(high, share))
    return found


SATISFACTION: Final = _shares(PAIRS, MIDDLE)
"""Words, folded, to how far up the scale they lie, 0 to 1."""
EFFORT: Final = _shares(EFFORT_PAIRS, EFFORT_MIDDLE)
"""Words to how much effort they say, 0 to 1."""
YES_NO: Final[Mapping[str, float]] = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}
SENTIMENT: Final[Mapping[str, float]] = {word: level for level, words in SENTIMENTS.items() for word in words}
