"""The lexical leg: which words of a question count, and how much (`rag/words.py` scores films by them).

People who describe a film surround it with talk ("I think I saw this as a kid, it was about a guy
who…"). Words of asking carry nothing and are left out; everyday words of telling count half. Does
not know films, vectors or filters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from movies.catalogue import fts_query
from movies.stemming import stemmer
from movies.vocabulary import fold

STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each few for from further had has have having he her here hers herself him
    himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other our
    ours out over own same she should so some such than that the their theirs them themselves then there these they this those
    through to too under until up very was we were what when where which while who whom why will with would you your yours""".split()
)
"""English function words: never searched for."""

_ASKING = frozenset(
    """actually ago anybody anyone anything anyway appreciate appreciated asking basically believe came cant channel character
    characters correct couldnt definitely describe detail details didnt dont either else especially etc exactly fairly film
    films find found google guess guys hello help hey hi honestly idea ideas iirc im ive kind kinda know like literally look
    looking lot main maybe memory might mind movie movies name netflix plot please possibly pretty probably protagonist question
    quite really reason recall recently remember remembered remembering right saw say says scene scenes search searched seem
    seems seen show shown sort sorry specific specifically story stuff suggest sure tell thank thanks theres thing things think
    thinking though thought title titled tomt totally trailer tried try trying tv type unsure vague vaguely wanna want wasnt
    watch watched watching weird wonder wondering wrong somebody someone something somewhere sometime anymore basic clip dvd vhs
    edit bit cinema theater theatre called aware apologies cheers friend friends reddit imdb""".split()
)

_TELLING = frozenset(
    """able alone along always another area around away baby back bad bed begin beginning being best big black blue body boy boys
    brother building call came car cars case change chase child children city clothes come comes coming couple cut dad dark day
    days dead death die died dies different dog door dream drive driving early earth eat end ended ending ends enough entire
    even events eventually ever every everyone everything eye eyes face family far father feel felt female fight final finally
    finds first floor follow food friend front full fun game gave get gets getting girl girlfriend girls give gives go goes going
    gone good got great green ground group grow gun guy half hand hands happen happened happens hard head hear heard hell
    high hold home hospital hot hour hours house human huge husband inside job keep keeps kid kids kill killed killing kills last
    late later lead least leave leaves left let life light line little live lives living long looked looks lost love made make
    makes making male man many matter meet meets men middle minute minutes mom moment money month months mother move much must
    near need needs never new next nice night nothing number often old older one open opening order outside own parents part
    parts party past people person phone picture piece place play played playing plays point put puts ran read ready real red
    rest room run running runs same scared second see sees send sent set setting shot shows side similar simple since sister
    sit sitting slow small son soon start started starts stay still stop street strange stuck take taken takes talk talking
    team ten third three time times together told took top town tries turn turned turns twist two uncle under upset use used uses
    using usually wait walk walking walks wall wants war water way wear wearing week went whatever white whole wife window woman
    women word words work working works world year years yes young younger""".split()
)

stem = stemmer("porter")
"""Porter stem of a folded word."""

_EVERYDAY, _AGAIN = 0.5, 0.5  # weight of an everyday word; what saying a word again adds, once


def content_words(text: str) -> list[str]:
    """Folded words of a text without function words and words of asking, in order, repeats kept."""
    words = re.findall(r"\w+", fold(text).replace("'", ""))
    return [word for word in words if word not in STOP_WORDS and word not in _ASKING]


def plain_words(text: str) -> list[str]:
    """Folded words without function words only: what plain BM25 is measured with."""
    return [word for word in re.findall(r"\w+", fold(text).replace("'", "")) if word not in STOP_WORDS]


def word_weights(text: str) -> dict[str, float]:
    """Stemmed words of a question with the weight of each."""
    weights: dict[str, float] = {}
    for word, times in Counter(content_words(text)).items():
        weight = (_EVERYDAY if word in _TELLING else 1.0) + (_AGAIN if times > 1 else 0.0)
        weights[stem(word)] = weights.get(stem(word), 0.0) + weight
    return weights


def plain_query(text: str) -> str:
    """Each word once, no weights: the expression of the plain BM25 baseline."""
    return fts_query(plain_words(text))


@lru_cache(maxsize=20_000)  # the words of ten plots a search
def _root(word: str) -> str:
    return stem(fold(word))


def shared_words(question: Iterable[str], text: str, most: int = 6) -> tuple[str, ...]:
    """Words of the question that the text holds in some form, as the text writes them, rarest kind first."""
    stems = {stem(word): word for word in question}
    begin = {root[:2] for root in stems}
    found: dict[str, str] = {}
    for word in re.findall(r"\w+", text):
        if (start := word[:2].lower()) in begin or not start.isascii():  # the others are not worth stemming
            root = _root(word)
            if root in stems:
                found.setdefault(root, word)
    ordered = sorted(found.items(), key=lambda item: (stems[item[0]] in _TELLING, -len(item[1])))
    return tuple(word for _, word in ordered[:most])
