"""How a follow-up changes the request as it stands: what is added, replaced, lifted, or begun anew.

Takes the plan so far and what the new sentence says by itself (`understanding.py`); gives the next
plan. Constraints the user has not touched always stay. Does not know acts or how to search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from movies.movie import Filters, Movie
from movies.vocabulary import canonical_country, canonical_genre, canonical_language, fold
from rag.plan import Plan, Relative, Wish
from rag.reading.lexicon import FUNCTION_WORDS
from rag.reading.measures import read_runtime
from rag.reading.moods import MOODS
from rag.reading.tokens import tokenize

_NEW = re.compile(
    r"^(?:(?:show|give|find|list)(?: me| us)? )?everything (?:by|with|from|of|you(?:'ve| have))\b|^(?:ok(?:ay)?,? )?something (?:else|different)(?:,|:| (?:then|now|entirely|please)\b)|"
    r"\b(?:new search|start (?:over|again|fresh)|(?:completely|totally|entirely|whole(?:ly)?) different|different (?:idea|plan|thing|mood)|(?:new|another|other) idea|forget (?:that|it|all that|all of that|everything)|"
    r"never ?mind(?=\W*$|,)|change of plans?|on second thoughts?|scrap (?:that|all (?:of )?that|everything|it all)\b|begin again|from scratch|(?:new|different|another) (?:topic|question|subject)|now i(?:'d| would)? (?:want|like|feel|need)|"
    r"let's (?:try|do|switch to) something else)\b|\b(?:go|get|switch|move|going) back to (?=(?:the|those|these|my|some|an?)\b)"
)
_RETHOUGHT = re.compile(r"\bon second thoughts?\b")  # "on second thought, any length will do": no new request
_OTHER_WAY = re.compile(
    r"\b(?:the )?(?:wrong|other) way (?:a?round|about)\b|\b(?:mixed|muddled) (?:that|it|them|things) up\b|\bbackwards\b(?=\W*[:,;.–—-])"
)
_SWAP = re.compile(
    r"\b(?:swap|exchange|replace|trade|switch)(?: out)? (?:the )?(?P<old>[\w.'’-]+(?: [\w.'’-]+){0,3}?) (?:for|with|by|to) (?=\w)"
)
_INSTEAD = re.compile(
    r"\b(?:instead|rather|what about|how about|make (?:it|that|them)|actually|switch(?: to)?|change (?:it|that)|swap|on second thought|or maybe|prefer)\b"
)
_EITHER = re.compile(r"^(?:or|also|plus|and also)\b(?! (?:something|rather))")
_ALSO = re.compile(
    r"\b(?:also|too|as well|and|plus|only|just|ones?|but|that (?:are|is)|which (?:are|is)|with (?:some|a bit of)|still|even|more)\b"
)
_FOLLOWS = re.compile(
    r"^(?:max(?:imum)?|at most|at least|up to|less than|more than|no (?:longer|shorter|older|newer)|longer|shorter|older|newer|earlier|later)\b|"
    r"^(?:and|but|also|only|just|or|no|not|nothing|(?:kick|throw|cut|weed|filter|rule|leave|take) out|ditch|exclude|spare|skip|avoid|minus|without|with|from|in|by|under|over|before|after|about|where|set|based on|any|what about|how about|"
    r"make|something (?:\w+er|more|less|a bit|a little|not|without|with|from|in|by|under|before|after)|maybe|preferably|ideally|please|can (?:it|they|you make)|could (?:it|they|you make)|it (?:should|must|has|can)|"
    r"they (?:should|must|have)|must|should|actually|rather|instead|less|more|except|ok(?:ay)?|hmm+|well|then|yes|i'd (?:rather|prefer)|i prefer|starring|directed|released|made)\b"
    r"|\b(?:ones?|those|these|them|same|instead|too|as well|rather)\b"
)
_REQUEST = re.compile(
    r"\b(?:i(?:'d| would)? (?:want|like|love|need|fancy|feel like)|i(?:'m| am) (?:looking|in the mood|after|searching)|we (?:want|need|fancy|feel like)|show (?:me|us)|find|give (?:me|us)|recommend|"
    r"suggest|looking for|search(?:ing)? for|in the mood for|do you have|have you got|got any(?:thing)?|let's (?:watch|see)|are there|is there|an? (?:\w+ ){0,4}(?:film|movie)|(?<=[.!?…] )(?:perhaps |maybe |then )?an? (?=\w)|(?:films|movies)|what (?:\w+ ){0,3}(?:films|movies))\b"
)
_LIFT = re.compile(
    r"\b(forget(?: about)?|drop|scratch|ignore|remove|scrap|lift|lose|clear|never ?mind|(?:i )?(?:don't|do not|dont) care (?:about|if it's|if it is)|(?:doesn't|does not|don't|do not|doesnt|needn't) "
    r"(?:matter|(?:have|need) to be)|(?:needn't|need not)(?: necessarily)? be|not necessarily|regardless of|no (?:longer|need for)|take (?:away|off|out)|get rid of|any|whatever|no limit on|instead of)\s+"
    r"(?:about\s+)?(?:the\s+|my\s+|that\s+|its\s+|an?\s+)?(.+?)(?:\s+(?:is|are) (?:fine|ok|okay|good|welcome)|\s+(?:filter|limit|restriction|constraint|part|requirement|bit|thing|either|anymore|any more|after all))*\s*(?=$|[,.;!?]|\bbut\b|\band\b)"
)
_LIFT_BEHIND = re.compile(
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2})\s+(?:(?:doesn't|does not|doesnt|don't|do not|no longer) (?:really )?matters?|(?:isn't|is not|aren't|are not) (?:that |so |really |very )?(?:important|relevant|essential)|"
    r"(?:is|are) (?:irrelevant|unimportant|negotiable|up to you|not that important)|(?:can|could|may|might) (?:go|be anything|be (?:dropped|ignored|lifted|removed))|makes no difference)\b"
)
_WELCOME_AGAIN = re.compile(
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2}?)\s+(?:is|are|would be|can be) (?:actually |totally |perfectly )?(?:fine|ok|okay|alright|all right|good|welcome|allowed|acceptable|on again|back(?: in| on)?)\b|"
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2}?)\s+(?:may|can|could|might|should) (?:come |be |go )?(?:back(?: in| on)?|in again|return|stay)\b"
)
_KINDS: dict[str, tuple[str, ...]] = {
    "year_min year_max": ("year", "years", "date", "decade", "era", "period", "age", "release", "when"),
    "runtime_min runtime_max": ("length", "runtime", "running time", "duration", "time", "hours", "minutes", "how long"),
    "languages": ("language", "languages", "subtitles", "subtitle"),
    "countries languages": ("country", "countries", "origin", "place"),
    "genres_any genres_all genres_none": ("genre", "genres", "kind", "type"),
    "people people_none": ("people", "person", "names"),
    "rating_min": ("rating", "ratings", "score"),
    "query": ("theme", "topic", "plot", "story", "subject"),
    "soft relative": ("mood", "moods", "tone", "feel", "vibe"),
}
_REFUSAL = 6  # languages or countries at once: all but some, as a refused one is written
_ENOUGH = 2  # films that must remain for a wish to become a constraint
_MEANT = 0.5  # weight from which a wish was said outright, or asked for "if possible"
_IDEALLY = 0.7  # the weight of a person who was asked for with a hedge
_LISTS = {"genre": "genres_all", "language": "languages", "country": "countries"}
_SLACK = (0, 5, 10, 15)  # years by which "recent" and "old" give way until enough films remain
_NUMBER_ONLY = re.compile(
    r"(?:(?:and|or|ok(?:ay)?|no|actually|well|then|sorry|in|from|say|up to|max|at most|(?P<end>under|below|less than|shorter than|within|over|above|more than|longer than|at least)|(?:longer|shorter|more|less|older|newer) is (?:ok|okay|fine|good)|let'?s (?:say|make it)|make (?:it|that)|what about|how about|better|rather)[, ]+)*"
    r"(?P<n>\d{2,4})(?: ?(?:minutes|min|mins|m))?(?:[, ]+(?:then|instead|max(?:imum)?|tops|at most|please|rather))*\s*[?!.]*"
)
_OTHER_END = dict.fromkeys(("under", "below", "less than", "shorter than", "within"), "_min") | dict.fromkeys(
    ("over", "above", "more than", "longer than", "at least"), "_max"
)
_ALLOWED = re.compile(
    r"(?:[, ]+(?:is|are|was|would be|will be|also|too|as well|just as|perfectly|still))*[, ]+(?:ok|okay|fine|alright|all right|good|possible|acceptable)(?:[, ]+(?:too|also|as well|with me|by me|then|for me))*[\s.!]*$"
)
_FILLER = re.compile(
    r"^(?:(?:ok(?:ay)?|no|well|then|sorry|make it|say|rather|what about|how about)[, ]+)+|(?:[, ]+(?:then|instead|please|rather))+[\s?!.]*$|[\s?!.]+$"
)
# A thing named outright, "a western" or "ten dramas", takes the place of the one before.
_ANEW = re.compile(
    r"^(?:(?:ok(?:ay)?|then|no|yes)[, ]+)*(?:(?:an?|some|any|\d+|two|three|four|five|six|seven|eight|nine|ten) "
    r"(?!(?:with|without|by|from|in|of|that|starring|about|after|before|under|over)\b).+|\w+s)$|"
    r"^(?:and |what about |how about |but )?(?:his|her|their) (?:\w+ )?\w+s\W*$"
)
_OTHER_LIST = re.compile(
    r"and (?:(?:what|how) about |some |any )?(?:\w+ )?(?:\w{4,}s|comedies)\b(?! (?:only|please|too|as well))"
)
_THEIRS = re.compile(r"(?:and |but )?(?:his|her|their)\b")  # "and his westerns?"
# Words of talking about the search that say nothing about a film.
_TALK = frozenset(
    re.findall(
        r"\S+",
        """prefer preferred actually instead rather first second third fourth fifth last one ones maybe change changed switch swap mind forget
        drop ignore remove keep still same else loved liked love like similar suggestion suggestions different other others another again more
        please thanks okay ok hmm yes no yeah nope want watch film films movie movies something anything new search start over try make mine
        his their its need needs needed seen already thing things matter care limit fine good lets let's about that this these those them it tonight now then too also list
        results result option options says said say thought pick picks kind bit little much many few fits proper possible option either any whatever necessarily doesn't doesnt
        don't dont what's whats feel feeling feels mood thinking think guess look looks looking really definitely certainly totally go urgh either reasons here there showed shown nah nope bored boring""",
    )
)


_IN_LOVE = re.compile(r"\b(?:in|of|finds?|true) love\W*$", re.IGNORECASE)  # a story, not a liking
_LOOSER = re.compile(
    r"\b(older|newer|longer|shorter|earlier|later)(?: ones?| films?| movies?)?(?: is| are| would be| will be|'s)(?: also| totally| perfectly| actually| just as)? (?:fine|ok|okay|good|alright|all right|welcome|possible)\b"
)
_JUST = re.compile(r"^(?:(?:ok(?:ay)?|no(?: way| chance)?|nah|nope|fine|right|well|then)[,.!]* )*(?:just|only)\b")
_SIMPLY = re.compile(
    r"^(?:(?:then|ok(?:ay)?|well|so|fine|alright),? )*(?:then )?just (?:an?|any|some) (?=\w+ \w+)"
)  # "then just a funny western"
_ENDS = {
    "older": "year_min", "earlier": "year_min", "newer": "year_max", "later": "year_max", "longer": "runtime_max", "shorter": "runtime_min",
}  # fmt: skip


def is_new(said: str, delta: Plan, before: Plan) -> bool:
    """Does the sentence begin a new request, rather than change the one that stands?"""
    text = fold(said)
    if not before or _SIMPLY.match(text):
        return True
    if _NEW.search(text):
        return not (
            _RETHOUGHT.search(text) and (lifted(said, before) != before or bool(_INSTEAD.search(_RETHOUGHT.sub("", text))))
        )
    if delta.relative and not delta.like:
        return False
    if (
        delta.sort != "relevance"
        and lifted(said, before) == before
        and re.search(r"\b(?:films?|movies?|you have|you've got)\b", text)
        and not re.search(r"\b(?:ones?|them|these)\b", text)
    ):
        return True
    if delta.like:
        return True
    if lifted(said, before) != before or _FOLLOWS.search(text):
        return False
    if _only_refuses(before):  # "no horror, no musicals" has asked for nothing yet
        return False
    named = bool({*delta.filters.genres_all, *delta.filters.genres_any})
    asked = bool(_REQUEST.search(text))
    return asked and (named or bool(delta.query))


def _only_refuses(plan: Plan) -> bool:
    asked = set(plan.filters.chosen()) - {"genres_none", "people_none"}
    return not asked and not plan.query and not plan.like and not plan.soft


def revised(before: Plan, delta: Plan, said: str, count: Callable[[Filters], int], table: Sequence[Movie] = ()) -> Plan:
    """The request after a follow-up. `count` tells how many films pass filters; `table`: films comparisons are with."""
    text = fold(said)
    plan = lifted(said, before)
    instead = bool(
        _INSTEAD.search(_SWAP.sub("", text) if plan != before else text)
    )  # "swap Bridges for Buscemi" keeps the director
    was_lifted = plan != before
    if _OTHER_WAY.search(text):  # "sorry, the other way round: at most two hours"
        plan = _without_bounds(plan, delta)
    if looser := _LOOSER.search(text):  # "older is fine": no bound at that end, and none the other way
        kind = _ENDS[looser.group(1)].split("_")[0]
        delta = delta.model_copy(update={"relative": tuple(r for r in delta.relative if r.kind != kind)})
    if delta.filters.people and _JUST.match(text) and set(delta.filters.people) < set(plan.filters.people):  # "just Pacino"
        plan = plan.model_copy(update={"filters": plan.filters.model_copy(update={"people": delta.filters.people})})
    if was_lifted:  # "never mind Brad Pitt" takes him back, and rules nothing out
        taken = {*before.filters.people, *before.filters.genres_all, *before.filters.genres_any}
        kept = {name: [v for v in getattr(delta.filters, name) if v not in taken] for name in ("people_none", "genres_none")}
        readmitted = {*before.filters.people_none, *before.filters.genres_none}
        readmitted -= {*plan.filters.people_none, *plan.filters.genres_none}
        for name in ("genres_all", "genres_any", "people", "languages", "countries"):  # "drop the comedy" asks for none
            lost = set(getattr(before.filters, name)) - set(getattr(plan.filters, name))
            lost |= readmitted  # "Keaton may come back in" allows him, and asks for nobody
            kept[name] = [value for value in getattr(delta.filters, name) if value not in lost]
        delta = delta.model_copy(update={"filters": Filters(**{**delta.filters.chosen(), **kept})})
    also = bool(_ALSO.search(text))
    if _EITHER.search(text):  # "or Italian": one of both will do
        lists = {name: [*getattr(plan.filters, name), *getattr(delta.filters, name)] for name in ("languages", "countries")}
        asked = {name: values for name, values in lists.items() if getattr(delta.filters, name) and getattr(plan.filters, name)}
        delta = delta.model_copy(update={"filters": Filters(**{**delta.filters.chosen(), **asked})})
    filters = _joined(
        plan.filters,
        delta.filters,
        instead or (bool(_ANEW.search(text)) and (not also or bool(_THEIRS.match(text)))),
        also,
        count,
        bool(_OTHER_LIST.match(text)),
    )
    filters = _elsewhere(filters, delta.filters, count)
    tempered = {relative.name for relative in delta.relative if relative.direction < 0}  # "too scary" takes "scary" back
    before_soft = [wish for wish in plan.soft if not (wish.kind == "mood" and wish.value in tempered and wish.weight > 0)]
    changes: dict[str, Any] = {"filters": filters, "soft": _wishes(before_soft, delta.soft, also)}
    if delta.query and not was_lifted:
        changes["query"] = delta.query if instead or not plan.query else f"{plan.query} {delta.query}"
    changes["avoid"] = tuple(dict.fromkeys((*plan.avoid, *delta.avoid)))
    changes["unlike"] = tuple(dict.fromkeys((*plan.unlike, *delta.unlike)))
    changes["exclude"] = tuple(dict.fromkeys((*plan.exclude, *delta.exclude)))
    if delta.like:
        changes["like"] = delta.like
    if delta.sort != "relevance":
        changes["sort"] = delta.sort
    moods = [relative for relative in plan.relative if all(relative.name != other.name for other in delta.relative)]
    changes["relative"] = (*moods, *delta.relative)
    return bounded(plan.model_copy(update=changes), table)


def _without_bounds(plan: Plan, delta: Plan) -> Plan:
    """The plan without both ends of whatever the new sentence bounds."""
    kinds = {name.split("_")[0] for name in delta.filters.chosen() if name.endswith(("_min", "_max"))}
    kept = {name: value for name, value in plan.filters.chosen().items() if name.split("_")[0] not in kinds}
    return plan.model_copy(update={"filters": Filters(**kept)})


def _elsewhere(filters: Filters, delta: Filters, count: Callable[[Filters], int]) -> Filters:
    """ "And from Iceland?" after Finnish films: where no film has both, the new place takes the place of the old one."""
    for new, old in (("countries", "languages"), ("languages", "countries")):
        if getattr(delta, new) and not getattr(delta, old) and getattr(filters, old) and not count(filters):
            return filters.model_copy(update={old: ()})
    return filters


def firm(plan: Plan, before: Plan, count: Callable[[Filters], int]) -> Plan:
    """The plan with new wishes made hard where enough films remain: the catalogue decides how literally a word is taken.

    Moods that are a genre in all but name ("something scary"), and "recent", "old", "short", "not too long".
    Such a genre goes again with its mood.
    """
    filters = plan.filters
    gone = {_genre_of(wish) for wish in before.soft} - {_genre_of(wish) for wish in plan.soft} - {""}
    if gone & set(filters.genres_all) and filters.genres_all == before.filters.genres_all:
        filters = filters.model_copy(update={"genres_all": tuple(name for name in filters.genres_all if name not in gone)})
    moods = [Wish(kind="mood", value=r.name) for r in plan.relative if r.kind == "mood" and r.direction > 0]
    known = [*before.soft, *(Wish(kind="mood", value=r.name) for r in before.relative if r.kind == "mood")]
    soft = list(plan.soft)
    for wish in [*sorted(plan.soft, key=_reach), *moods]:
        if wish in known:
            continue
        tried = (filters.model_copy(update=change) for change in _narrowings(wish, filters))
        if held := next((narrower for narrower in tried if count(narrower) >= _ENOUGH), None):
            filters = held
            soft = [other for other in soft if other is not wish or wish.kind == "mood"]  # nothing is left to wish for
    return plan.model_copy(update={"filters": filters, "soft": tuple(soft)})


def _reach(wish: Wish) -> float:
    """The upper end of a wish, so that of two lengths the shorter is tried first."""
    high = wish.value[1] if isinstance(wish.value, tuple) else None
    return float("inf") if high is None else float(high)


def _narrowings(wish: Wish, filters: Filters) -> Iterator[dict[str, Any]]:
    """Hard readings of a wish, the strictest first."""
    genre = _genre_of(wish)
    if genre and genre not in {*filters.genres_none, *filters.genres_all}:
        yield {"genres_all": (*filters.genres_all, genre)}
    elif wish.kind == "person" and wish.weight == _IDEALLY and isinstance(wish.value, str):  # "ideally with Hugh Grant"
        if not filters.people:
            yield {"people": (wish.value,)}
    elif wish.kind in _LISTS and wish.weight == _MEANT and isinstance(wish.value, str):  # "a thriller, maybe"
        name = _LISTS[wish.kind]
        if not getattr(filters, name) and not (wish.kind == "genre" and wish.value in filters.genres_none):
            yield {name: (wish.value,)}
    elif wish.kind in ("years", "runtime") and wish.weight >= _MEANT and isinstance(wish.value, tuple):
        low, high = (None if value is None else int(value) for value in wish.value)
        names = ("year_min", "year_max") if wish.kind == "years" else ("runtime_min", "runtime_max")
        if any(getattr(filters, name) is not None for name in names):
            return
        vague = wish.kind == "years" and wish.weight > _MEANT  # "recent", rather than "before 1980, preferably"
        for slack in _SLACK if vague else (0,):
            if vague and high and not low:
                high_now: int | None = high - _SLACK[-1] + slack
            else:
                high_now = high
            yield dict(zip(names, (low - slack if low else None, high_now), strict=True))


def _genre_of(wish: Wish) -> str:
    """The genre a mood stands for, when it is asked for outright; else empty."""
    outright = wish.kind == "mood" and wish.weight >= 1 and isinstance(wish.value, str) and wish.value in MOODS
    return MOODS[str(wish.value)].rules_out if outright else ""


def renumbered(said: str, plan: Plan) -> Plan | None:
    """ "Make that 80", "two hours would be fine too": another number for the one bound there is; None if the sentence is something else."""
    text = fold(said).strip()
    found = _NUMBER_ONLY.fullmatch(text)
    tokens = [] if found else tokenize(_FILLER.sub("", _ALLOWED.sub("", text)))
    length = read_runtime(tokens, 0) if tokens else None
    if length is not None and length.end == len(tokens) and length.cue == "bare" and length.high:
        number = round(((length.low or length.high) + length.high) / 2)
    elif found:
        number = int(found["n"])
    else:
        return None
    filters = plan.filters.chosen()
    for low, high, sensible in (("runtime_min", "runtime_max", range(20, 400)), ("year_min", "year_max", range(1900, 2101))):
        names = [name for name in (low, high) if name in filters]
        if (
            number in sensible
            and len(names) == 1
            and not (found and found["end"] and names[0].endswith(_OTHER_END[found["end"]]))
        ):
            return plan.model_copy(update={"filters": Filters(**{**filters, names[0]: number})})
        if number in sensible and len(names) == 2 and low == "runtime_min" and _ALLOWED.search(text):
            wider = {low: min(number, filters[low]), high: max(number, filters[high])}
            return plan.model_copy(update={"filters": Filters(**{**filters, **wider})})
        if number in sensible and names and low == "year_min":
            return plan.model_copy(update={"filters": Filters(**{**filters, low: number, high: number})})
    return None


def bounded(plan: Plan, table: Sequence[Movie]) -> Plan:
    """Comparisons of length, year and rating made hard bounds against the films they compare with."""
    filters = plan.filters.chosen()
    left: list[Relative] = []
    for relative in plan.relative:
        bound = _bound(relative, table)
        if relative.kind in ("mood", "popularity"):
            left.append(relative)
        elif bound:
            name, value = bound
            old = filters.get(name)
            filters[name] = value if old is None else (max if name.endswith("_min") else min)(old, value)
    if (filters.get("year_min") or 0) > (filters.get("year_max") or 9999):  # "older" than a decade that was asked for
        filters.pop("year_min" if any(r.kind == "year" and r.direction < 0 for r in plan.relative) else "year_max")
    if (filters.get("runtime_min") or 0) > (filters.get("runtime_max") or 99_999):
        filters.pop("runtime_min" if any(r.kind == "runtime" and r.direction < 0 for r in plan.relative) else "runtime_max")
    return plan.model_copy(update={"filters": Filters(**filters), "relative": tuple(left)})


def lifted(said: str, plan: Plan) -> Plan:
    """The plan without what the sentence takes back ("forget the year", "it needn't be French")."""
    text = fold(said)
    record = plan.chosen()
    for found in [*_LIFT.finditer(text), *_LIFT_BEHIND.finditer(text)]:
        *_, what = found.groups()
        if " or " in what:  # "it doesn't have to be about sport or funny"
            for part in re.split(r"\bor\b|,", what.removeprefix("about ")):
                _drop_value(record, part.strip())
            continue
        kinds = [names for names, words in _KINDS.items() if any(re.search(rf"\b{word}\b", what) for word in words)]
        for name in " ".join(kinds).split():
            (record if name in Plan.model_fields else record.get("filters", {})).pop(name, None)
        stem = "years" if "year_min" in " ".join(kinds) else "runtime" if "runtime_min" in " ".join(kinds) else ""
        record["soft"] = [wish for wish in record.get("soft", []) if wish["kind"] != stem]
        if not kinds and found.group(1) not in ("any", "whatever"):
            _drop_value(record, what)
    if swapped := _SWAP.search(text):
        _drop_value(record, swapped["old"])
    for found in _WELCOME_AGAIN.finditer(text):
        _welcome(record, found.group(1) or found.group(2))
    for found in _LOOSER.finditer(text):
        filters = record.get("filters", {})
        filters.pop(_ENDS[found.group(1)], None)
        if filters.get("year_max", 0) >= datetime.now(UTC).year:  # "this century" ends now
            del filters["year_max"]
    return Plan.from_record(record)


def own_words(query: str) -> str:
    """A query without the words of talking about the search; empty when nothing else is left."""
    words = query.split()
    content = [word for word in words if fold(word).strip(".,!?;:") not in _TALK and fold(word) not in FUNCTION_WORDS]
    if not content:
        return ""
    while words and fold(words[0]).strip(".,!?;:") in _TALK:
        words = words[1:]
    while words and fold(words[-1]).strip(".,!?;:") in _TALK and not _IN_LOVE.search(" ".join(words)):
        words = words[:-1]
    return " ".join(words)


def _drop_value(record: dict[str, Any], what: str) -> None:
    """Take out single values that were named: "drop the comedy", "it doesn't have to be French"."""
    words = what.removesuffix("s")
    filters: dict[str, Any] = record.get("filters", {})
    names = {canonical_genre(what), canonical_genre(words), canonical_language(what), canonical_country(what)}
    for field, values in list(filters.items()):
        if isinstance(values, list):
            kept = [value for value in values if value not in names and not (len(what) > 3 and what in fold(value))]
            filters[field] = kept
            if not kept:
                del filters[field]
    if re.search(r"\d0s\b|ies\b", what) and not set(names) & {"Comedy"}:
        for name in ("year_min", "year_max"):
            filters.pop(name, None)
    if len(what) > 3 and what in fold(record.get("query", "")):
        record["query"] = re.sub(re.escape(what), "", record["query"], flags=re.IGNORECASE).strip()
    record["soft"] = [wish for wish in record.get("soft", []) if fold(str(wish["value"])) != what]
    record["relative"] = [relative for relative in record.get("relative", []) if relative.get("name") != what]


def _welcome(record: dict[str, Any], what: str) -> None:
    """What was refused and is fine after all, no longer refused: "time travel is okay"."""
    record["avoid"] = [theme for theme in record.get("avoid", []) if what not in fold(theme) and fold(theme) not in what]
    filters: dict[str, Any] = record.get("filters", {})
    last = what.split()[-1]
    genres = {canonical_genre(word) for said in (what, last) for word in (said, said.removesuffix("s"))} - {None}
    for field, matches in (
        ("genres_none", genres.__contains__),
        ("people_none", lambda name: len(what) > 3 and what in fold(name)),
    ):
        kept = [value for value in filters.pop(field, []) if not matches(value)]
        filters |= {field: kept} if kept else {}


def _joined(
    old: Filters, new: Filters, instead: bool, also: bool, count: Callable[[Filters], int], other_list: bool = False
) -> Filters:
    """The filters after a follow-up. `other_list`: it asks for films of another kind ("and thrillers in Arabic?")."""
    was, now = old.chosen(), new.chosen()
    out = dict(was)
    for name in ("languages", "countries", "rating_min", "has_poster"):
        if name in now:
            out[name] = now[name]
    for name in ("languages", "countries"):  # "leave the Norwegian ones out" of Danish and Norwegian ones
        left = [value for value in was.get(name, []) if value in now.get(name, [])]
        if left and len(now[name]) > _REFUSAL:
            out[name] = left
    for low, high in (("year_min", "year_max"), ("runtime_min", "runtime_max")):
        if low in now or high in now:
            range_before = (
                low in was and high in was
            )  # "make it after 1960": of a range nothing stays, a bound on the other side does
            both: dict[str, Any] = {
                name: now.get(name, None if instead and range_before else was.get(name)) for name in (low, high)
            }
            if None not in both.values() and both[low] > both[high]:
                both = {name: now.get(name) for name in (low, high)}  # the new bound contradicts the old one
            out |= both
    for name, against in (("genres_none", ("genres_all", "genres_any")), ("people_none", ("people",))):
        refused = now.get(name, [])
        wanted = [value for field in against for value in now.get(field, [])]
        out[name] = [value for value in (*was.get(name, []), *refused) if value not in wanted]
        for field in against:
            out[field] = [value for value in was.get(field, []) if value not in refused]
    for fields in (("genres_all", "genres_any"), ("people",)):
        if not any(field in now for field in fields):
            continue
        replaced = out | {field: now.get(field, []) for field in fields}
        joined = out | {field: list(dict.fromkeys((*out.get(field, []), *now.get(field, [])))) for field in fields}
        narrower = Filters(**{key: value for key, value in joined.items() if value is not None})
        alternative = not also or fields == ("people",)  # "and Bergman?" of whom nothing is with Tarkovsky
        hopeless = other_list or not count(old)  # of what nothing fitted nothing is kept
        out = replaced if instead or ((alternative or hopeless) and not count(narrower)) else joined
    return Filters(**{key: value for key, value in out.items() if value is not None})


def _wishes(old: Sequence[Wish], new: Sequence[Wish], also: bool) -> tuple[Wish, ...]:
    """Old and new wishes; a new one replaces an old one about the same thing, and a new mood the old ones unless it is added."""
    said = {(wish.kind, wish.value if isinstance(wish.value, str) else "") for wish in new}
    if not also and any(wish.kind == "mood" and wish.weight > 0 for wish in new):
        old = [wish for wish in old if wish.kind != "mood" or wish.weight < 0]
    kept = [wish for wish in old if (wish.kind, wish.value if isinstance(wish.value, str) else "") not in said]
    return (*kept, *new)[-50:]


def _bound(relative: Relative, table: Sequence[Movie]) -> tuple[str, float] | None:
    """("runtime_max", 119) for "shorter" than films of 120 minutes in the middle."""
    fields = {"runtime": "runtime", "year": "year", "rating": "rating"}
    field = fields.get(relative.kind)
    values = [value for film in table if field and (value := getattr(film, field)) is not None]
    if not values:
        defaults = {
            ("runtime", -1): ("runtime_max", 100),
            ("runtime", 1): ("runtime_min", 130),
            ("year", -1): ("year_max", 1979),
            ("year", 1): ("year_min", 2010),
        }
        return defaults.get((relative.kind, relative.direction))
    middle = median(values)
    if relative.kind == "rating":
        return ("rating_min", middle + 0.1) if relative.direction > 0 else None
    step = 1 if relative.direction > 0 else -1
    return f"{field}_{'min' if step > 0 else 'max'}", int(middle) + step if step > 0 or middle == int(middle) else int(middle)
