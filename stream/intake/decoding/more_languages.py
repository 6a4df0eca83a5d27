"""The vocabulary of answers in German, Spanish, Portuguese, Italian and Dutch; folded, without accents.

As in `vocabulary`, which adds these to its own: both sides of everything, or neither.
"""

from typing import Final

Words = tuple[str, ...]

PAIRS: Final[tuple[tuple[float, Words, Words], ...]] = (
    (1.0, ("sehr unzufrieden", "uberhaupt nicht zufrieden", "gar nicht zufrieden",
           "ganz und gar nicht zufrieden", "absolut nicht zufrieden", "ausserst unzufrieden",
           "vollig unzufrieden", "vollkommen unzufrieden", "voll und ganz unzufrieden"),
     ("sehr zufrieden", "ausserst zufrieden", "vollig zufrieden", "voll und ganz zufrieden",
      "vollkommen zufrieden")),
    (0.75, ("unzufrieden", "nicht zufrieden"), ("zufrieden",)),
    (2 / 3, ("eher unzufrieden", "etwas unzufrieden", "eher nicht zufrieden", "ziemlich unzufrieden",
             "wenig zufrieden", "kaum zufrieden", "nicht so zufrieden", "nicht sehr zufrieden",
             "nicht besonders zufrieden", "nicht wirklich zufrieden", "einigermassen unzufrieden",
             "uberwiegend unzufrieden", "grosstenteils unzufrieden"),
     ("eher zufrieden", "etwas zufrieden", "ziemlich zufrieden", "einigermassen zufrieden",
      "uberwiegend zufrieden", "grosstenteils zufrieden")),
    # The marks of schools, of which 1 is the best: with their numbers they contradict and are refused.
    (1.0, ("mangelhaft", "ungenugend", "sehr schlecht", "schrecklich", "furchtbar", "miserabel",
           "katastrophal"),
     ("sehr gut", "ausgezeichnet", "hervorragend", "perfekt", "exzellent")),
    (0.75, ("schlecht", "nicht gut", "ausreichend", "enttauschend", "enttauscht"), ("gut",)),
    (2 / 3, ("eher schlecht", "recht schlecht", "weniger gut", "weniger zufrieden"),
     ("eher gut", "recht gut")),
    (1.0, ("sehr enttauscht",), ("begeistert", "sehr begeistert")),
    (1.0, ("stimme uberhaupt nicht zu", "trifft uberhaupt nicht zu", "stimme gar nicht zu",
           "trifft gar nicht zu"),
     ("stimme voll und ganz zu", "trifft voll und ganz zu", "stimme voll zu", "trifft voll zu",
      "stimme vollig zu")),
    (0.75, ("stimme nicht zu", "trifft nicht zu"), ("stimme zu", "trifft zu")),
    (2 / 3, ("stimme eher nicht zu", "trifft eher nicht zu"), ("stimme eher zu", "trifft eher zu")),
    (0.75, ("negativ", "negativo", "negatief", "nicht hilfreich"),
     ("positiv", "positivo", "positief", "hilfreich")),
    (1.0, ("muy insatisfecho", "nada satisfecho", "totalmente insatisfecho", "completamente insatisfecho",
           "extremadamente insatisfecho"),
     ("muy satisfecho", "totalmente satisfecho", "completamente satisfecho", "extremadamente satisfecho")),
    (0.75, ("insatisfecho", "no satisfecho", "descontento"), ("satisfecho", "contento")),
    (2 / 3, ("algo insatisfecho", "poco satisfecho", "no muy satisfecho", "no tan satisfecho"),
     ("algo satisfecho", "bastante satisfecho")),
    (1.0, ("muy malo", "muy mal", "pesimo", "pessimo", "muito ruim", "muito mau", "molto male"),
     ("muy bueno", "muy bien", "excelente", "otimo", "muito bom", "ottimo", "eccellente", "molto bene")),
    (0.75, ("deficiente", "scarso", "insufficiente", "onvoldoende", "insatisfactorio", "insatisfatorio",
            "teleurgesteld"),
     ("molto buono", "satisfactorio", "satisfatorio", "tevredenstellend")),
    (1.0, ("molto scarso", "muy insatisfactorio", "muy descontento", "zeer teleurgesteld"),
     ("buonissimo", "muy satisfactorio", "muy contento", "zeer verheugd")),
    (2 / 3, ("matig", "bastante malo", "bastante insatisfecho", "matig tevreden"),
     ("abbastanza buono", "bastante bueno", "redelijk tevreden")),
    (2 / 3, ("redelijk ontevreden", "vrij ontevreden", "niet zo tevreden", "niet erg tevreden",
             "bastante insatisfeito"),
     ("vrij tevreden",)),
    (0.75, ("malo", "ruim", "mau", "male", "cattivo"), ("bueno", "bom", "boa", "bene", "buono")),
    (1.0, ("totalmente en desacuerdo", "muy en desacuerdo", "completamente en desacuerdo",
           "discordo totalmente", "discordo plenamente", "totalmente in disaccordo",
           "completamente in disaccordo"),
     ("totalmente de acuerdo", "muy de acuerdo", "completamente de acuerdo", "concordo totalmente",
      "concordo plenamente", "totalmente d accordo", "completamente d accordo")),
    (0.75, ("en desacuerdo", "discordo", "in disaccordo"), ("de acuerdo", "concordo", "d accordo")),
    (2 / 3, ("algo en desacuerdo", "discordo parcialmente"), ("algo de acuerdo", "concordo parcialmente")),
    (1.0, ("muito insatisfeito", "nada satisfeito", "nem um pouco satisfeito", "totalmente insatisfeito",
           "completamente insatisfeito", "extremamente insatisfeito"),
     ("muito satisfeito", "totalmente satisfeito", "completamente satisfeito", "extremamente satisfeito")),
    (0.75, ("insatisfeito", "nao satisfeito"), ("satisfeito",)),
    (2 / 3, ("um pouco insatisfeito", "pouco satisfeito", "nao muito satisfeito"),
     ("um pouco satisfeito", "bastante satisfeito")),
    (1.0, ("molto insoddisfatto", "per niente soddisfatto", "per nulla soddisfatto",
           "del tutto insoddisfatto", "estremamente insoddisfatto", "completamente insoddisfatto"),
     ("molto soddisfatto", "del tutto soddisfatto", "estremamente soddisfatto", "completamente soddisfatto")),
    (0.75, ("insoddisfatto", "non soddisfatto"), ("soddisfatto",)),
    (2 / 3, ("abbastanza insoddisfatto", "poco soddisfatto", "non molto soddisfatto"),
     ("abbastanza soddisfatto",)),
    (1.0, ("zeer ontevreden", "heel ontevreden", "helemaal niet tevreden", "uiterst ontevreden"),
     ("zeer tevreden", "heel tevreden", "uiterst tevreden")),
    (0.75, ("ontevreden", "niet tevreden"), ("tevreden",)),
    (2 / 3, ("enigszins ontevreden",), ("enigszins tevreden",)),
    (1.0, ("zeer slecht", "heel slecht"), ("zeer goed", "heel goed", "uitstekend")),
    (0.75, ("slecht", "niet goed"), ("goed",)),
    (1.0, ("helemaal mee oneens", "helemaal niet mee eens", "zeer mee oneens"),
     ("helemaal mee eens", "zeer mee eens")),
    (0.75, ("mee oneens", "niet mee eens"), ("mee eens",)),
)  # fmt: skip
MIDDLE: Final[Words] = (
    "mittel", "geht so", "naja", "weder gut noch schlecht", "ni bueno ni malo", "mas o menos",
    "mais ou menos", "razoavel", "nem bom nem mau", "nem bom nem ruim", "sufficiente", "nella media",
    "ne buono ne cattivo", "voldoende", "gemiddeld", "noch goed noch slecht",
    "weder zufrieden noch unzufrieden", "teils teils", "teils/teils", "mittelmassig", "befriedigend",
    "weder noch",
    "durchschnittlich", "ni satisfecho ni insatisfecho", "ni de acuerdo ni en desacuerdo", "regular",
    "indiferente", "nem satisfeito nem insatisfeito", "nao concordo nem discordo",
    "nem concordo nem discordo", "ne soddisfatto ne insoddisfatto", "indifferente", "neutrale", "neutraal",
    "neutro", "niet tevreden niet ontevreden", "noch tevreden noch ontevreden",
)  # fmt: skip
EFFORT_PAIRS: Final[tuple[tuple[float, Words, Words], ...]] = (
    (1.0, ("sehr einfach", "sehr leicht", "muy facil", "muito facil", "molto facile", "zeer gemakkelijk",
           "zeer makkelijk", "heel makkelijk"),
     ("sehr schwierig", "sehr schwer", "sehr aufwandig", "muy dificil", "muito dificil", "molto difficile",
      "zeer moeilijk", "heel moeilijk")),
    (0.75, ("einfach", "leicht", "facil", "gemakkelijk", "makkelijk"),
     ("schwierig", "schwer", "dificil", "moeilijk")),
    (2 / 3, ("eher einfach", "eher leicht", "bastante facil", "algo facil", "abbastanza facile"),
     ("eher schwierig", "eher schwer", "bastante dificil", "algo dificil", "abbastanza difficile")),
)  # fmt: skip
EFFORT_MIDDLE: Final[Words] = (
    "weder einfach noch schwierig", "weder leicht noch schwer", "ni facil ni dificil",
    "nem facil nem dificil", "ne facile ne difficile", "neutro", "neutrale", "neutraal",
)  # fmt: skip
YES: Final[Words] = ("ja", "j", "si", "sim", "s", "wahr", "verdadero", "verdadeiro", "vero", "t")
NO: Final[Words] = ("nein", "nee", "nao", "falsch", "falso", "onwaar", "f")
SENTIMENTS: Final = {
    1.0: ("positiv", "positivo", "positief"),
    0.0: ("neutro", "neutral", "neutrale", "neutraal", "gemischt", "mixto", "misto"),
    -1.0: ("negativ", "negativo", "negatief"),
}
ENDINGS: Final = {
    **{
        f"{word[:-1]}{ending}": word
        for word in ("satisfecho", "insatisfecho", "contento", "descontento", "satisfeito", "insatisfeito",
                     "bueno", "malo", "buono", "cattivo")
        for ending in ("a", "os", "as")
    },
    **{
        f"{word[:-1]}{ending}": word
        for word in ("soddisfatto", "insoddisfatto")
        for ending in ("a", "i", "e")
    },
}  # fmt: skip
"""Endings of the feminine and of several, to the word as it is above."""
