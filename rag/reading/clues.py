"""Tip-of-the-tongue texts: "what's the film where …", long, wordy and partly wrong, split into clues.

Nothing in such a text is a hard filter. Each sentence becomes a `Clue` with a weight; thanks, greetings
and how the film was watched are dropped; years the film may be from become wishes, kept apart from
the year somebody saw it, which only says that it is not newer. Knows nothing of search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rag.plan import Plan, Wish
from rag.reading.draft import Span
from rag.reading.lexicon import FUNCTION_WORDS
from rag.reading.measures import Measure
from rag.reading.mentions import Mention
from rag.reading.pieces import Grammar
from rag.reading.tokens import tokenize
from rag.reading.years import read_years

_MOST_CLUES = 40
_WORDS_OF_A_STORY = 35  # a longer text is hardly a request

_ASKS = re.compile(
    r"\bwas (?:it|that|he|she) (?:with |starring |by )?(?-i:[A-Z][a-z]+ [A-Z])|^it was an? (?:[\w-]+ ){0,3}(?:film|movie)\b.{0,20}\bi (?:think|believe)\b|\btomt\b|tip of my tongue|trying to (?:remember|recall|figure out|identify)|(?:can'?t|cannot|can not|don'?t|couldn'?t) "
    r"(?:for the life of me )?(?:seem to )?(?:remember|recall|think of) (?:the |its |it'?s )?(?:name|title|what|which)"
    r"|what(?:'?s| is| was|s)? (?:the name of )?(?:that|the|this) (?:old )?(?:film|movie|flick)\b"
    r"|what(?:'?s| is| was) that (?:\w+ ){1,2}(?:film|movie)\b"
    r"|(?:which|what) (?:film|movie) (?:is|was|has|had|am i|where|in which)|name of (?:a|the|this|that) (?:\w+ )?(?:film|movie)"
    r"|forg[eo]t(?:ten)? (?:the|its|what) (?:name|title|it)|help me (?:identify|remember|find (?:the name|out|this|that))"
    r"|(?:that|this) (?:one )?(?:film|movie) (?:where|in which|with the|about the guy|i saw)"
    r"|(?:film|movie) i (?:saw|watched) (?:as a|when|years|once|on|a long|some|many|ages)|been bugging me"
    r"|half[- ]remember"
    r"|driving me (?:crazy|nuts|insane|mad)|what(?:'?s| was| is) (?:it|that (?:one|thing)) called|what was (?:it|that) called"
    r"|what(?:'?s| is| was) (?:it called|the one|that one|that thing) (?:where|with|about|in which)|can'?t (?:place|think of) (?:it|the name)"
    r"|what(?:'?s| is| was) that (?:[\w-]+ ){0,3}(?:thing|one|cartoon|picture) (?:with|where|about|in which)"
    r"|(?:guess|name) (?:the|that|this) (?:film|movie)|name of (?:the|that|this) (?:film|movie|one)|it'?s on the tip of",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:i (?:vaguely |only |also |just |sort of |kind of )?(?:remember|recall|saw|watched)|i think it was|there (?:is"
    r"|was|were)|the main"
    r" (?:character|guy|girl)|one scene|a scene|at the end|in the end|the ending|turns out|not sure if|i believe|the plot"
    r"|it was about)\b",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\b(?:recommend|suggest|i want|i'?d like|we'?d like|in the mood|looking for something|show me|give me|do you have"
    r"|have you got)\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(?:(?:many |any |thank|thx|cheers|hi\b|hello|hey|sorry|edit\b|solved|please\b|pls\b|any (?:ideas?|help|clue|guess)"
    r"|let me know"
    r"|anyone|does anyone|do you know|can (?:any|some)(?:one|body)|can you|could (?:any|some)(?:one|body)|what (?:film"
    r"|movie) (?:is|was) (?:it|this|that)"
    r"|what is it|help|ring a bell|does this|that'?s (?:all|it|about)|it'?s (?:been )?(?:bugging|driving)|i know (?:this|it"
    r"|that)(?:'s| is)"
    r" (?:not |very |kinda )?(?:much|vague|a long)|i'?ll add|google|i'?ve (?:googled|searched|tried|looked)|ps\b|p\.s"
    r"|tl;?dr|again"
    r"|i (?:apologi[sz]e|hope|appreciate|would (?:love|appreciate)|wish|googled|searched|tried)|it'?d be|would be great"
    r"|wish me|good luck))",
    re.IGNORECASE,
)
_WATCHED = re.compile(
    r"\b(?:i (?:\w+ ){0,2}(?:saw|watched|rented|caught)|i was (?:a |about |around |\d)|as a (?:kid|child|teen)|when i was"
    r"|(?:my|our) (?:dad|mum|mom"
    r"|mother|father|friend|teacher|class|school|brother|sister|parents|uncle|aunt|grand\w+)|on (?:tv|cable|netflix|dvd|vhs"
    r"|hbo|television)|on a"
    r" (?:plane|flight|bus)|sleepover|late at night|back in the day|(?:we|they) (?:saw|watched)|years ago|seeing it"
    r"|watching it|remember watching"
    r"|cartoon network|blockbuster|video store)\b",
    re.IGNORECASE,
)
_HEDGES = re.compile(
    r"\b(?:i think|i believe|i guess|maybe|perhaps|possibly|probably|might|could (?:be|have been)|not (?:\w+ )?sure"
    r"|pretty sure|if i remember"
    r"|if i recall|iirc|i may be|may(?:be)? wrong|not certain|something like|or something|i feel like|i want to say"
    r"|for some reason|vaguely|kind of"
    r"|sort of|seem to (?:remember|recall))\b",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(?:(?:so|and|but|also|then|anyway|anyways|well|ok|okay|basically|i|we|it'?s|it is|it was|that|this|there'?s|there is"
    r"|there was|all|only|just"
    r"|really|vaguely|clearly|distinctly|definitely|specifically|do|can|remember(?:ing)?|recall|think|believe|guess|know"
    r"|could|am|was|the|one|other"
    r"|thing|things|scene|part|being|about|in|is|where|which|what|movie|film|a|an|from it|looking for|trying to|find"
    r"|name of|of|with|called|help|me|'s|’s)[\s,:]+)*",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"^\W*(?:and |but |so )?(?:(?:it|this|that|he|she) )?(?:'?s not|isn'?t|is not|was not|wasn'?t|not|definitely not"
    r"|no,? it'?s not|i know it'?s not"
    r"|it'?s definitely not|it'?s not|i don'?t think (?:it|this)|i'?m (?:\d+% )?sure (?:it|this)(?:'s| is|'?s) not)\b",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\b(?:set|takes? place|taking place|happen(?:s|ed|ing)|based|placed) (?:\w+ )?(?:in|around|during|back)\b|\bperiod piece",
    re.IGNORECASE,
)
_ABOUT_THE_SEARCH = re.compile(
    r"\b(?:(?:driving|drove) me|bugging me|googl(?:e|ed|ing)|search(?:es|ed)|subreddit|reddit|imdb|i hope|hopefully"
    r"|as many details|what it(?:'|’)?s (?:called|name)|can(?:'|’)?t find|any (?:help|ideas?)|the (?:name|title) of|closure"
    r"|not much to go on|on mobile|my memory|first post|new here|your help)\b",
    re.IGNORECASE,
)
_RELEASED = re.compile(
    r"\b(?:from|made|released?|came out|came from|be|film|movie|out in|around|\w+ies|era|shot in|looked|looks|like it)\b",
    re.IGNORECASE,
)
_NOT_THEM = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|never|no|like|unlike|similar to|resembl\w+) (?:the |an? |one with )?$", re.IGNORECASE
)
_TAG = re.compile(r"\[([^\]]{1,60})\]|^\s*\(([^)]{1,40})\)")


@dataclass(frozen=True)
class Clue:
    """One thing remembered. `weight` 0–1.5: how far to trust it; `negated`: said of what the film is not."""

    text: str
    weight: float
    negated: bool = False


@dataclass(frozen=True)
class Told:
    """What a tip-of-the-tongue text says: a plan of wishes only, the clues, and the films it names."""

    plan: Plan
    clues: tuple[Clue, ...]
    spans: tuple[Span, ...]
    mentions: tuple[Mention, ...]


def is_tip_of_the_tongue(text: str) -> bool:
    """Does somebody here try to remember a film, rather than ask for one?"""
    if _ASKS.search(text):
        return True
    words = len(text.split())
    told, wished = len(_TELLS.findall(text)), len(_WISHES.findall(text))
    return words > _WORDS_OF_A_STORY and (told > wished or (words > 2 * _WORDS_OF_A_STORY and not wished))


def read_clues(text: str, grammar: Grammar, today: date) -> Told:
    """Split a tip-of-the-tongue text into clues and soft hints."""
    hints: list[tuple[Wish, str]] = []
    clues: list[Clue] = []
    for found in _TAG.finditer(text):
        hints += _years(found.group(1) or found.group(2) or "", today, weight=0.8)
    title, _, body = text.partition("\n")
    headlines = _sentences(_TAG.sub(" ", title))
    if not body:
        headlines, body = headlines[:1], " ".join(headlines[1:])
    for sentence in headlines:
        clues += _clue_of(sentence, today, hints, headline=True)
    for sentence in _sentences(_TAG.sub(" ", body)):
        clues += _clue_of(sentence, today, hints, headline=False)
    kept = tuple(dict.fromkeys(clues))[:_MOST_CLUES]
    hints += _genres(text, grammar, today)
    hints += _people(text, grammar)
    mentions = _films_ruled_out(text, grammar)
    plan = Plan(
        query=". ".join(clue.text for clue in kept if not clue.negated)[:4000],
        soft=tuple(dict.fromkeys(wish for wish, _ in hints))[:20],
        exclude=tuple(dict.fromkeys(mention.name for mention in mentions if mention.films))[:20],
    )
    spans = tuple(Span(words, f"soft.{wish.kind}", wish.value) for wish, words in hints)
    return Told(plan, kept, spans, mentions)


def _sentences(text: str) -> list[str]:
    """Sentences, list items and lines; long ones are cut where "and then" or a semicolon joins two events."""
    parts = re.split(r"(?<=[.!?])\s+|\n+|\s*[;•]\s*|\s+-\s+|\s+\*\s*|^\*\s*", text)
    out: list[str] = []
    for part in parts:
        if len(part.split()) > 30:
            out += re.split(
                r",?\s+(?:and then|then|but then|after that|eventually|afterwards|so then|in the end|at the end)\s+", part
            )
        else:
            out.append(part)
    # What somebody is unsure of is a clue of its own: "… the same day, I think it had Tom Hanks".
    out = [
        piece
        for part in out
        for piece in re.split(
            r",\s+(?=(?:and |but )?(?:i (?:think|believe|guess)|maybe|perhaps|possibly)\b)", part or "", flags=re.IGNORECASE
        )
    ]
    return [part.strip() for part in out if part and part.strip()]


def _clue_of(sentence: str, today: date, hints: list[tuple[Wish, str]], *, headline: bool) -> list[Clue]:
    """The clue in one sentence, if there is one; years it tells go to `hints`."""
    if re.match(r"edit\b|solved\b|spoiler", sentence, re.IGNORECASE) and not headline:
        return []
    hedged = bool(_HEDGES.search(sentence))
    watched = bool(_WATCHED.search(sentence))
    told = len(hints)
    if not _SETTING.search(sentence):
        if watched:
            hints += _seen(sentence, today)
        elif headline or _RELEASED.search(sentence) or len(sentence.split()) < 8:
            hints += _years(sentence, today, weight=0.4 if hedged else 0.6)
    if _CHATTER.match(sentence) and not (headline and len(sentence.split()) > 6):
        return []
    if _ABOUT_THE_SEARCH.search(sentence) and not headline and len(sentence.split()) < 25:
        return []
    negated = bool(_NEGATED.search(sentence))
    asked = _ASKS.search(sentence)
    if asked and asked.start() < 25 and len(_content(sentence[asked.end() :])) > 1:
        sentence = sentence[asked.end() :]  # "I can't remember the name of a film with …"
    stripped = _LEAD_IN.sub("", _HEDGES.sub(" ", sentence), count=1)
    stripped = re.sub(r"\s+", " ", stripped).strip(" ,.?!:-–—\"'()")
    content = _content(stripped)
    if len(content) < 2 or (len(hints) > told and len(content) < 6 and not headline):
        return []  # "It came out in the 80s, I think" is told by the hint
    weight = 1.5 if headline else 1.0
    if watched:
        weight *= 0.3 if len(content) < 14 else 0.6
    elif hedged:
        weight *= 0.7
    if len(content) < 4:
        weight *= 0.7
    return [Clue(stripped[:500], round(weight, 2), negated)]


def _content(text: str) -> list[str]:
    return [
        token.fold for token in tokenize(text) if token.is_word and token.fold not in FUNCTION_WORDS and len(token.fold) > 2
    ]


def _years(text: str, today: date, weight: float) -> list[tuple[Wish, str]]:
    """Release years in a text, as wishes."""
    wishes: list[tuple[Wish, str]] = []
    for measure, words in _measures(text, today):
        span = (None if measure.low is None else int(measure.low), None if measure.high is None else int(measure.high))
        if not measure.negated:
            wishes.append((Wish(kind="years", value=span, weight=weight), words))
    return wishes


def _seen(text: str, today: date) -> list[tuple[Wish, str]]:
    """When somebody saw the film: it was out by then."""
    spans = [(measure, words) for measure, words in _measures(text, today) if measure.high is not None]
    wishes = [(Wish(kind="years", value=(None, int(measure.high or 0)), weight=0.5), words) for measure, words in spans]
    if ago := re.search(r"(\d{1,2})(?:\s?(?:-|–|to|or)\s?(\d{1,2}))?\+?\s*(?:or (?:so|more) )?years ago", text, re.IGNORECASE):
        wishes.append((Wish(kind="years", value=(None, today.year - int(ago.group(1))), weight=0.4), ago.group()))
    return wishes


def _measures(text: str, today: date) -> list[tuple[Measure, str]]:
    tokens = tokenize(text)
    found: list[tuple[Measure, str]] = []
    at = 0
    while at < len(tokens):
        measure = read_years(tokens, at, today)
        if measure:
            found.append((measure, text[tokens[at].start : tokens[measure.end - 1].end]))
            at = measure.end
        else:
            at += 1
    return found


def _genres(text: str, grammar: Grammar, today: date) -> list[tuple[Wish, str]]:
    """Genres named outright ("a horror movie"), as wishes."""
    tokens = tokenize(text)
    hints: list[tuple[Wish, str]] = []
    for at in range(len(tokens)):
        known = grammar.lexicon.match(tokens, at)
        if known is None or known[1].kind not in ("genre", "place"):
            continue
        end, meaning = known
        following = tokens[end].fold if end < len(tokens) else ""
        filmed = following in {"film", "movie", "flick", "films", "movies"}
        words = text[tokens[at].start : tokens[end - 1].end]
        refused = at > 0 and tokens[at - 1].fold in {"not", "isn't", "wasn't", "no"}
        if (
            meaning.kind == "genre"
            and not refused
            and (filmed or (meaning.strength == 3 and tokens[at].text in ("[", "(", "/")))
        ):
            for name in filter(None, map(grammar.vocabulary.genre, meaning.value)):
                hints.append((Wish(kind="genre", value=name, weight=0.5), words))
        elif meaning.kind == "place" and filmed and meaning.value.languages and grammar.vocabulary.languages:
            hints += [(Wish(kind="language", value=code, weight=0.4), words) for code in meaning.value.languages]
    return hints


def _people(text: str, grammar: Grammar) -> list[tuple[Wish, str]]:
    """People of the catalogue who are said to take part, as wishes: who played in a film is easily mixed up."""
    hints: list[tuple[Wish, str]] = []
    for sentence in _sentences(text):
        tokens = tokenize(sentence)
        at = 0
        while at < len(tokens):
            named = grammar.people.person(tokens, at) if grammar.lexicon.match(tokens, at) is None else None
            if named is None:
                at += 1
                continue
            before = sentence[: tokens[at].start][-25:]
            if not _NOT_THEM.search(before):
                weight = 0.5 if _HEDGES.search(sentence) else 1.0
                hints.append(
                    (
                        Wish(kind="person", value=named.name, weight=weight),
                        sentence[tokens[at].start : tokens[named.end - 1].end],
                    )
                )
            at = named.end
    return hints


def _films_ruled_out(text: str, grammar: Grammar) -> tuple[Mention, ...]:
    """Films the text says it is not ("It wasn't Oldboy")."""
    found: list[Mention] = []
    for match in re.finditer(r"(?:not|isn'?t|wasn'?t)\s+(?=[\"“A-Z0-9])", text):
        tail = text[match.end() : match.end() + 80]
        tokens = tokenize(tail)
        found += grammar.title_reader().leading(tail, tokens)
    return tuple(found)
