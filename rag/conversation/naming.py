"""Which films and people a sentence names: titles in questions, misspelt ones, and names no film here has.

Does not know what is wanted with them (`dialogue.py`) nor what is on the table (`references.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from movies.catalogue import fts_query
from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Scene
from rag.conversation.asking import read_sentence
from rag.conversation.references import Table, refer
from rag.lexical import content_words
from rag.reading.names import Film
from rag.reading.understanding import Understanding

_AFTER_ASKING = re.compile(
    r"^(?:and |so |but )*(?:(?:who|what|when|where|how|which) (?:\w+ ){0,2})*?(?:is|was|are|does|did|has|would|could|might|will|directed|made|stars in|starred in|of|in|"
    r"about|for)\s+(?:the (?:film|movie) )?[\"“]?(?=\S)",
    re.IGNORECASE,
)
_CHOOSING = re.compile(r"\s+(?:it is|it'?ll be|wins|then|please|yes|it is then)$", re.IGNORECASE)  # "heat it is"
_NO_TITLES = {
    "it",
    "that",
    "this",
    "them",
    "he",
    "she",
    "there",
    "her",
    "the film",
    "the movie",
    "the first",
    "one",
    "the one",
    "you",
    "they",
}
_SHORT_CLAUSE = 4  # words
_ARTICLES = ("the", "a", "an")


def named_films(read: Understanding, table: Table | None = None) -> tuple[str, ...]:
    """Ids of the films a sentence names, in its order; of several with one title the one on the table."""
    shown = {film.id for film in table.shown} if table else set()

    def meant(films: Sequence[Film]) -> Film:
        alike = (film for film in films if film.id in shown and fold(film.title) == fold(films[0].title))
        return next(alike, films[0])

    return tuple(dict.fromkeys(meant(mention.films).id for mention in read.mentions if mention.films))


def films_meant(said: str, text: str, scene: Scene, read: Understanding) -> tuple[str, ...]:
    """Ids of the films meant: those named, else the title a question holds, else the one pointed to."""
    pointed = refer(text, scene.table, scene.vocabulary)
    return (
        named_films(read, scene.table)
        or ((title,) if (title := title_in(said, scene)) else ())
        or (tuple(film.id for film in pointed.films[:1]) if pointed else ())
    )


def title_inside(words: str, scene: Scene) -> tuple[str, ...]:
    """The film whose title of two words or more stands somewhere in these, as typed: "we watch home alone every year"."""
    said = re.findall(r"[\w'’.:-]+", re.sub(r"['’]s\b(?=\s*(?:for|on|[.,;!?]|$))", "", words))  # "die hard's for december"
    for size in range(min(6, len(said)), 1, -1):
        for start in range(len(said) - size + 1):
            words_here = said[start : start + size]
            # "The quiet" of *The Quiet Man* is not *The Quiet*.
            goes_on = size == 2 and words_here[0].lower() in _ARTICLES and start + size < len(said)
            joined = {words_here[0].lower(), words_here[-1].lower()} & {"and", "or"}  # which titles are compared without
            if goes_on or joined or not content_words(" ".join(words_here)):  # "I am hooked" is not *I Am*
                continue
            if films := scene.vocabulary.films_named(" ".join(words_here)):
                return (films[0].id,)
    return ()


def titles_known(said: str, scene: Scene) -> tuple[str, ...]:
    """Films that a sentence says somebody knows, as typed: "gravity seen, martian seen", "he's done parasite and oldboy"."""
    films: list[str] = []
    for clause in re.split(r"[,.;!]|\band\b|&", said):
        part = " ".join(say.OF_KNOWING.sub(" ", clause).split()).strip(" -–'’\"“”?")
        # "gravity seen" names a film, the last word of "we did noir in our evening class" none.
        passing = len(clause.split()) > _SHORT_CLAUSE and part.islower() and len(part.split()) == 1
        if not part or fold(part) in _NO_TITLES or (passing and scene.vocabulary.is_ordinary(part)):
            continue
        whole = scene.vocabulary.films_named(part)[:1] or scene.vocabulary.series(part.removesuffix("s"))  # "both toy storys"
        begun = [] if whole else scene.vocabulary.begun(part)
        films += [film.id for film in (whole or (begun if len(begun) == 1 else []))]
    return tuple(dict.fromkeys((*films, *title_inside(said, scene))))


def title_first(words: str, scene: Scene) -> tuple[str, ...]:
    """The film whose title these words are or begin with, the longest first: "Wadjda looks sweet"."""
    said = _CHOOSING.sub("", re.sub(r"^(?:and|hmm+|ok(?:ay)?|so),? ", "", words, flags=re.IGNORECASE)).split()
    for size in range(len(said), 0, -1):
        title = " ".join(said[:size]).strip(",;:–—-")
        whole = size == len(said)
        if (whole or not scene.vocabulary.is_ordinary(fold(title))) and (films := scene.vocabulary.films_named(title)):
            return (films[0].id,)
    return ()


def begun_on_table(words: str, scene: Scene) -> tuple[str, ...]:
    """The film on the table whose title begins with these words: "Clue" where *Clue: The Movie* is shown."""
    start = fold(words.strip(' ?!.,"“”'))
    begun = [film.id for film in scene.table.shown if re.match(rf"{re.escape(start)}\b", fold(film.title))] if start else []
    return tuple(begun[:1])


def title_in(said: str, scene: Scene) -> str | None:
    """A known title that a question about a film holds, whatever stands behind it ("is Up for kids?", "who directed heat")."""
    asked = _AFTER_ASKING.match(said) or say.HAVE.match(said) or say.QUESTION.match(fold(said))
    if not asked:
        return None
    if tail := re.search(
        r"\b(?:of|in|on|for|direct(?:ed)?|make|made|write|wrote) (?:the (?:film|movie) )?(?P<title>[^?!.]+?)\s*[?!.]*$", said
    ):
        films = scene.vocabulary.films_named(tail["title"]) if fold(tail["title"]) not in _NO_TITLES else []
        if films and (len(tail["title"].split()) > 1 or not scene.vocabulary.is_ordinary(fold(tail["title"]))):
            return films[0].id
    about_one = re.match(
        r"(?:and |so |but |ok(?:ay)?,? )*(?:who|what|which|how|when|is|was|does|did|has|tell|cast|the cast)\b",
        said,
        re.IGNORECASE,
    )
    behind = re.search(r"\b(?:of|in|from)\s+(?P<title>[A-Z0-9].*)$", said) if about_one else None
    start = behind.start("title") if behind else asked.start("title") if "title" in asked.re.groupindex else asked.end()
    words = said[start:].strip(' ?!."”').split()
    for size in range(min(len(words), 10), 0, -1):
        title = " ".join(words[:size]).strip(',"”')
        films = scene.vocabulary.films_named(title) if fold(title) not in _NO_TITLES else []
        plain = size == 1 and not title[:1].isupper() and scene.vocabulary.is_ordinary(fold(title))
        if films and not (plain and len(words) > 1):
            return films[0].id
    if (inside := title_inside(said, scene)) and not re.search(r"\bthe one (?:with|about|where|in)\b", fold(said)):
        return inside[0]
    title = " ".join(words)
    of_it = {"it", "that", "this", "they", "he", "she"} & set(fold(title).split())  # "how long does it run" is not *Hit & Run*
    near = scene.vocabulary.film_like(title, 0.88) if len(title) > 4 and not of_it else []
    if not near and not of_it and len(words) > 2:  # "is grave of the fireflys sad": something else stands behind it
        near = scene.vocabulary.film_like(" ".join(words[:-1]), 0.88)
    held = [] if near else scene.vocabulary.holding(title)
    return near[0].id if near else held[0].id if len(held) == 1 else None


def called_by_a_word(said: str, scene: Scene) -> tuple[str, ...]:
    """The one film shown whose title has a rare word of these: "how long is totoro"."""
    words = {word for word in content_words(said) if len(word) > 3 and not scene.vocabulary.is_ordinary(word)}
    called = [film.id for film in scene.table.shown if words & set(content_words(film.title))]
    return tuple(called) if len(called) == 1 else ()


def misspelt_title(title: str, scene: Scene) -> Film | None:
    """The film whose title these words nearly are, where no film speaks of them as they stand: "shawshenk redemtion"."""
    words = content_words(title)
    strange = [
        word for word in words if not scene.vocabulary.is_ordinary(word) and not scene.catalogue.words(fts_query([word]), 1)
    ]
    if (
        not 0 < len(words) <= 5
        or len(title) < 6
        or 2 * len(strange) < len(words)
        or any(scene.vocabulary.in_a_name(word) for word in words)
    ):
        return None
    return next(iter(scene.vocabulary.film_like(title, 0.85)), None)


def unknown_person(name: str, read: Understanding, scene: Scene) -> bool:
    """Is this a name, left over by the sentence reader, that no film of the catalogue has?"""
    left = set(fold(read.plan.query).split())
    words = [fold(word) for word in re.findall(r"[\w'’-]+", name)]
    capital = len(words) > 1 and all(word[:1].isupper() for word in re.findall(r"[\w'’-]+", name))
    strange = not any(scene.vocabulary.is_ordinary(word) or scene.catalogue.words(fts_query([word]), 1) for word in words)
    return set(words) <= left and (capital or strange) and not all(scene.vocabulary.in_a_name(word) for word in words)


def absent_title(said: str, scene: Scene) -> str | None:
    """The title that a question is about and no film here has: "who's in Zoolander?"."""
    found = say.HAVE.match(said)
    title = found["title"].strip() if found else ""
    single = say.OF_ONE_FILM.match(said) and re.fullmatch(r"[A-Z]\w{3,}", title)
    return title if title and (single or unknown_title(title, scene)) else None


def unknown_title(title: str, scene: Scene) -> bool:
    """Do these words look like a title, or nothing at all the catalogue speaks of?"""
    words = re.findall(r"[\w'’-]+", title)
    if re.match(r"(?:(?:some|any)thing|films?|movies?|an? (?:\w+ )?(?:film|movie|one))\b", title, re.IGNORECASE):
        return False
    content = content_words(title)
    if not content or len(words) > 8:
        return False
    read = read_sentence(title, scene.vocabulary)
    if (
        read.plan.filters
        or read.plan.soft
        or read.plan.relative
        or read.plan.sort != "relevance"
        or say.FILM_WORDS.search(fold(title))
        or fold(title) in {"something", "anything"}
    ):
        return False
    capital = all(word[:1].isupper() or word[:1].isdigit() for word in words if len(word) > 3) and words[0][:1].isupper()
    known = all(scene.catalogue.words(fts_query([word]), 1) for word in content)
    ordinary = all(scene.vocabulary.is_ordinary(word) for word in content)
    return (capital and not ordinary) or (capital and len(content) > 1) or (not known and not ordinary)
