"""The words films are described with: genres, languages, countries, and their everyday synonyms.

Catalogues spell the same thing in many ways ("Science Fiction", "sci fi", "SF"); here each gets
one canonical spelling. Does not know sentences: finding these words in free text is the query
parser's work (`rag/reading/understanding.py`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from babel import Locale
from babel.core import get_global

GENRES: dict[str, tuple[str, ...]] = {
    "Action": ("actions", "actioner"),
    "Adventure": ("adventures",),
    "Animation": ("animated", "cartoon", "cartoons", "anime", "animations"),
    "Biography": ("biopic", "biographical", "biopics", "biographies"),
    "Children": ("children's", "kids"),
    "Comedy": ("comedies", "comedic"),
    "Crime": ("gangster", "mafia", "crimes"),
    "Documentary": ("documentaries", "doc", "docs", "docu"),
    "Drama": ("dramas", "dramatic"),
    "Family": ("families",),
    "Fantasy": ("fantasies",),
    "Film-Noir": ("film noir", "noir", "films noirs", "noirs"),
    "History": ("historical", "historic", "period"),
    "Horror": ("horrors",),
    "Music": ("musician",),
    "Musical": ("musicals",),
    "Mystery": ("mysteries", "whodunit", "whodunnit"),
    "News": (),
    "Romance": ("romantic", "romances", "love story", "love stories"),
    "Sci-Fi": ("science fiction", "sci fi", "scifi", "sf", "sciencefiction"),
    "Short": ("short film", "shorts"),
    "Sport": ("sports",),
    "Superhero": ("superheroes", "super hero"),
    "Thriller": ("thrillers", "suspense"),
    "War": ("wartime",),
    "Western": ("westerns",),
}
"""Canonical genre → synonyms, lower case. A catalogue may hold further genres; they stay as written."""

_NO_GENRE = {"", "(no genres listed)", "n/a", "none", "unknown", r"\n"}

COUNTRIES: dict[str, tuple[str, ...]] = {
    "United States": ("usa", "us", "u.s.", "u.s.a.", "united states of america", "america", "the states"),
    "United Kingdom": ("uk", "u.k.", "great britain", "britain", "england"),
    "South Korea": ("korea", "republic of korea", "korea, republic of"),
    "Soviet Union": ("ussr", "u.s.s.r."),
    "Russia": ("russian federation",),
    "Czech Republic": ("czechia",),
    "Czechoslovakia": (),
    "Yugoslavia": (),
    "West Germany": (),
    "East Germany": ("german democratic republic",),
    "Hong Kong": ("hong kong sar china",),
    "Iran": ("iran, islamic republic of", "persia"),
    "Turkey": ("türkiye",),
    "North Macedonia": ("macedonia",),
    "Palestine": ("palestinian territories", "palestinian territory"),
    "Taiwan": ("taiwan, province of china",),
    "Netherlands": ("holland", "the netherlands"),
    "Ivory Coast": ("côte d’ivoire", "cote d'ivoire"),
    "China": ("people's republic of china", "mainland china"),
}


def fold(text: str) -> str:
    """Lower-cased text without accents, dashes as spaces, single blanks: the form names are compared in."""
    if text.isascii():  # nothing to take apart, and nearly every text
        return _GAPS.sub(" ", text.lower()).strip()
    # Twice, as Unicode's own caseless match has it: some letters are capitals only once they are taken apart ("ꟲ").
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _GAPS.sub(" ", plain).strip()


_GAPS = re.compile(r"[\s\-_–—]+")
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "’": "'", "‘": "'"}
)


@lru_cache(maxsize=1)
def genre_words() -> dict[str, str]:
    """Every folded word or phrase for a genre → its canonical spelling."""
    words: dict[str, str] = {}
    for name, synonyms in GENRES.items():
        for word in (name, *synonyms):
            words[fold(word)] = name
    return words


def canonical_genre(name: str) -> str:
    """One spelling per genre; unknown genres as written; an empty text for "(no genres listed)"."""
    folded = fold(name)
    if folded in _NO_GENRE:
        return ""
    known = genre_words().get(folded)
    if known:
        return known
    return name.strip() if name.strip() != name.strip().lower() else name.strip().title()


@lru_cache(maxsize=1)
def language_words() -> dict[str, str]:
    """Folded English language name → ISO 639-1 code ("french" → "fr")."""
    english = Locale("en").languages
    words = {fold(name): code for code, name in english.items() if len(code) == 2}
    words |= {"mandarin": "zh", "cantonese": "zh", "chinese": "zh", "farsi": "fa", "norwegian": "no", "flemish": "nl"}
    words |= {"nb": "no", "nn": "no", "cn": "zh", "cmn": "zh", "yue": "zh"}
    words.pop("english", None)
    return words | {"english": "en"}


@lru_cache(maxsize=4096)
def canonical_language(name: str) -> str:
    """ISO 639-1 code of a language given by code (two or three letters) or English name; unknown names lower-cased.

    >>> [canonical_language(name) for name in ("French", "fre", "fra", "fr-CA", "cn")]
    ['fr', 'fr', 'fr', 'fr', 'zh']
    """
    folded = fold(name)
    known = language_words().get(folded) or get_global("language_aliases").get(folded)
    if known and len(known) == 2:
        return known
    primary = folded.split(" ")[0] if re.fullmatch(r"[a-z]{2} [a-z]{2,4}", folded) else folded
    return primary


@lru_cache(maxsize=1)
def country_words() -> dict[str, str]:
    """Folded country name, ISO code or synonym → the English short name."""
    territories = Locale("en").territories
    words: dict[str, str] = {}
    for code, name in territories.items():
        if len(code) == 2:
            words.setdefault(fold(name), name)
    for name, synonyms in COUNTRIES.items():
        for word in (name, *synonyms):
            words[fold(word)] = name
    for code, name in territories.items():
        if len(code) == 2:
            words.setdefault(code.lower(), words.get(fold(name), name))
    return words


@lru_cache(maxsize=4096)
def canonical_country(name: str) -> str:
    """The English short name of a country given by name, synonym or ISO code; unknown names as written."""
    return country_words().get(fold(name), name.strip())
