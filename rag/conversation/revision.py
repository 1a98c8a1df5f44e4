"""How a follow-up changes the request as it stands: what is added, replaced, lifted, or begun anew.

Takes the plan so far and what the new sentence says by itself (`understanding.py`); gives the next
plan. Constraints the user has not touched always stay. Does not know acts or how to search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from movies.movie import Filters, Movie
from movies.vocabulary import fold
from rag.conversation.bounding import bounded
from rag.conversation.lifting import ENDS, LOOSER, SWAP, lifted
from rag.plan import Plan, Wish
from rag.reading.lexicon import FUNCTION_WORDS
from rag.reading.moods import MOODS
from rag.reading.plainly import FINE_TOO

_NEW = re.compile(
    r"^(?:(?:show|give|find|list)(?: me| us)? )?everything (?:by|with|from|of|you(?:'ve| have))\b|^(?:ok(?:ay)?,? )?something (?:else|different)(?:,|:| (?:then|now|entirely|please)\b)|"
    r"\b(?:new search|start (?:over|again|fresh)|(?:completely|totally|entirely|whole(?:ly)?) different|different (?:idea|plan|thing|mood)|(?:new|another|other) idea|forget (?:that|it|all that|all of that|everything)|"
    r"never ?mind(?=\W*$|,)|change of plans?|on second thoughts?|(?:scrap|scratch) (?:that|all (?:of )?that|everything|it all)\b|begin again|from scratch|(?:new|different|another) (?:topic|question|subject)|now i(?:'d| would)? (?:want|like|feel|need)|"
    r"let's (?:try|do|switch to) something else)\b|^(?:ok(?:ay)?,? |so,? )?(?:and )?(?:now )?(?:a )?(?:new|next|another|different) (?:one|search|request|wish)\s*[:—–-]|\bnow (?:my|your|his|her|our) (?:pick|turn|choice|wish)\b|\b(?:go|get|switch|move|going) back to (?=(?:the|those|these|my|some|an?)\b)"
)
_RETHOUGHT = re.compile(r"\bon second thoughts?\b")  # "on second thought, any length will do": no new request
_WEAKLY_NEW = re.compile(r"\b(?:forget|scratch|scrap) (?:it|that)\b[,.!;]?(?! (?:all|search)\b)")
_OTHER_WAY = re.compile(
    r"\b(?:the )?(?:wrong|other) way (?:a?round|about)\b|\b(?:mixed|muddled) (?:that|it|them|things) up\b|\bbackwards\b(?=\W*[:,;.–—-])"
)
_INSTEAD = re.compile(
    r"\b(?:instead|rather|what about|how about|make (?:it|that|them)|actually|switch(?: to)?|change (?:it|that)|swap|on second thought|or maybe|prefer)\b"
)
_INSTEAD_OF = re.compile(r"\binstead of\b|\b(?:what|how) about\b(?=.*\binstead of\b)")
_OF_THOSE = re.compile(
    r"\b(?:prefer|rather have|rather) an? (?:\w+ )?[\w-]+ one\b"
)  # "I'd prefer a funny one" of what is shown
_EITHER = re.compile(r"^(?:or|also|plus|and also)\b(?! (?:something|rather))")
_TOO = re.compile(FINE_TOO)
_AS_WELL = re.compile(r"\b(?:too|as well)\W*$|^(?:and )?also\b")
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
_REFUSAL = 6  # languages or countries at once: all but some, as a refused one is written
# A thing named outright, "a western" or "ten dramas", takes the place of the one before.
_ANEW = re.compile(
    r"^(?:(?:ok(?:ay)?|then|no|yes)[, ]+)*(?:(?:an?|some|any|\d+|two|three|four|five|six|seven|eight|nine|ten) "
    r"(?!(?:with|without|by|from|in|of|that|starring|about|after|before|under|over)\b).+|\w+s)$|"
    r"^(?:and |what about |how about |but )?(?:his|her|their) (?:\w+ )?\w+s\W*$|"
    r"^(?:comedies|dramas|thrillers|westerns|musicals|mysteries|romances|documentaries|cartoons) or (?:\w+ )?\w+s\b"
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
        drop ignore remove everything list keep still same else loved liked love like similar suggestion suggestions different other others another again more
        please thanks okay ok hmm yes no yeah nope want watch film films movie movies something anything new search start over try make mine
        his their its need needs needed seen already thing things matter care limit fine good lets let's about that this these those them it tonight now then too also list
        results result option options says said say thought pick picks kind bit little much many few fits proper possible option either any whatever necessarily doesn't doesnt
        don't dont what's whats feel feeling feels mood thinking think guess look looks looking really definitely certainly totally go urgh either reasons here there showed shown nah nope bored boring""",
    )
)
_IN_LOVE = re.compile(r"\b(?:in|of|finds?|true) love\W*$", re.IGNORECASE)  # a story, not a liking
_JUST = re.compile(r"^(?:(?:ok(?:ay)?|no(?: way| chance)?|nah|nope|fine|right|well|then)[,.!]* )*(?:just|only)\b")
_WITH_JUST = re.compile(r"\bwith (?:just|only) (?=[a-z])")
_SIMPLY = re.compile(
    r"^(?:(?:then|ok(?:ay)?|well|so|fine|alright),? )*(?:then )?just (?:an?|any|some) (?=\w+ \w+)"
)  # "then just a funny western"


def is_new(said: str, delta: Plan, before: Plan) -> bool:
    """Does the sentence begin a new request, rather than change the one that stands?"""
    text = fold(said)
    if not before or _SIMPLY.match(text):
        return True
    if _NEW.search(text):
        rest = _WEAKLY_NEW.sub("", text)
        follows = lifted(rest, before) != before or bool(re.match(r"^\W*(?:ok(?:ay)?\W+)?(?:his|her|their) \w+", rest))
        if rest != text and follows and not _NEW.search(rest):
            return False  # "forget that, romance is fine", "scrap that, his westerns"
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
    people = set(delta.filters.people)
    if (
        people and _JUST.match(text) and people == {*before.filters.people}
    ):  # "ok, just Sandler then": nothing else that was asked
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
    # "Swap Bridges for Buscemi" and "with Mia Farrow instead of Diane Keaton" have lifted one value, and keep the director.
    left = _INSTEAD_OF.sub("", SWAP.sub("", text)) if plan != before else text
    instead = bool(_INSTEAD.search(_OF_THOSE.sub("", left)))
    was_lifted = plan != before
    if _OTHER_WAY.search(text):  # "sorry, the other way round: at most two hours"
        plan = _without_bounds(plan, delta)
    if looser := LOOSER.search(text):  # "older is fine": no bound at that end, and none the other way
        kind = ENDS[looser.group(1)].split("_")[0]
        delta = delta.model_copy(update={"relative": tuple(r for r in delta.relative if r.kind != kind)})
    alone = _JUST.match(text) or _WITH_JUST.search(text)
    several, wanted = {*plan.filters.people, *plan.filters.people_any}, delta.filters.people
    if wanted and alone and set(wanted) < several:  # "just Pacino"
        only = plan.filters.model_copy(update={"people": wanted, "people_any": ()})
        plan = plan.model_copy(update={"filters": only})
    if was_lifted:  # "never mind Brad Pitt" takes him back, and rules nothing out
        taken = {*before.filters.people, *before.filters.people_any, *before.filters.genres_all, *before.filters.genres_any}
        kept = {name: [v for v in getattr(delta.filters, name) if v not in taken] for name in ("people_none", "genres_none")}
        readmitted = {*before.filters.people_none, *before.filters.genres_none}
        readmitted -= {*plan.filters.people_none, *plan.filters.genres_none}
        # "Drop the comedy" asks for none.
        for name in ("genres_all", "genres_any", "people", "people_any", "languages", "countries"):
            lost = set(getattr(before.filters, name)) - set(getattr(plan.filters, name))
            lost |= readmitted  # "Keaton may come back in" allows him, and asks for nobody
            said_of = {word for value in readmitted for word in fold(value).split()} if name == "people" else set()
            kept[name] = [
                value for value in getattr(delta.filters, name) if value not in lost and not said_of & set(fold(value).split())
            ]
        delta = delta.model_copy(update={"filters": Filters(**{**delta.filters.chosen(), **kept})})
    also = bool(_ALSO.search(text))
    plan, delta = _either(plan, delta, text)
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
    tempered |= {mood for mood in MOODS if MOODS[mood].rules_out in delta.filters.genres_none}  # "not romantic though"
    before_soft = [wish for wish in plan.soft if not (wish.kind == "mood" and wish.value in tempered and wish.weight > 0)]
    changes: dict[str, Any] = {"filters": filters, "soft": _wishes(before_soft, delta.soft, also)}
    if delta.query and not was_lifted:
        changes["query"] = delta.query if instead or not plan.query else f"{plan.query} {delta.query}"
    taken_back = {"mind", *(fold(name) for name in before.filters.genres_all)} if was_lifted else set()  # "never mind crime"
    changes["avoid"] = tuple(dict.fromkeys((*plan.avoid, *(theme for theme in delta.avoid if fold(theme) not in taken_back))))
    changes["unlike"] = tuple(dict.fromkeys((*plan.unlike, *delta.unlike)))
    changes["exclude"] = tuple(dict.fromkeys((*plan.exclude, *delta.exclude)))
    if delta.like:
        changes["like"] = delta.like
    if delta.sort != "relevance":
        changes["sort"] = delta.sort
    moods = [relative for relative in plan.relative if all(relative.name != other.name for other in delta.relative)]
    changes["relative"] = (*moods, *delta.relative)
    return bounded(plan.model_copy(update=changes), table)


def _either(plan: Plan, delta: Plan, text: str) -> tuple[Plan, Plan]:
    """ "Or Italian", "or Brad Pitt", "Italian is fine too": one of what stands and what is new will do."""
    found = _EITHER.search(text) or _TOO.search(text)
    before, now = plan.filters, delta.filters
    places = [name for name in ("languages", "countries") if getattr(now, name) and getattr(before, name)]
    if found is None and places and _AS_WELL.search(text):  # "German ones too": no film has both
        both = {name: list(dict.fromkeys((*getattr(before, name), *getattr(now, name)))) for name in places}
        return plan, delta.model_copy(update={"filters": Filters(**{**now.chosen(), **both})})
    if found is None:
        return plan, delta
    asked: dict[str, Any] = {}
    for name in ("languages", "countries"):
        if getattr(now, name) and getattr(before, name):
            asked[name] = [*getattr(before, name), *getattr(now, name)]
    if found.re is _TOO or found[0] == "or":  # "also with Mifune" asks for both
        for each, either in (("people", "people_any"), ("genres_all", "genres_any")):
            old, new = ([*getattr(filters, each), *getattr(filters, either)] for filters in (before, now))
            if old and new:
                asked |= {each: [], either: [*old, *new]}
                before = before.without(each).without(either)
    return plan.model_copy(update={"filters": before}), delta.model_copy(
        update={"filters": Filters(**{**now.chosen(), **asked})}
    )


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
    for name, against in (("genres_none", ("genres_all", "genres_any")), ("people_none", ("people", "people_any"))):
        refused = now.get(name, [])
        wanted = [value for field in against for value in now.get(field, [])]
        out[name] = [value for value in (*was.get(name, []), *refused) if value not in wanted]
        for field in against:
            out[field] = [value for value in was.get(field, []) if value not in refused]
    for fields in (("genres_all", "genres_any"), ("people", "people_any")):
        if not any(field in now for field in fields):
            continue
        replaced = out | {field: now.get(field, []) for field in fields}
        joined = out | {field: list(dict.fromkeys((*out.get(field, []), *now.get(field, [])))) for field in fields}
        narrower = Filters(**{key: value for key, value in joined.items() if value is not None})
        alternative = not also or "people" in fields  # "and Bergman?" of whom nothing is with Tarkovsky
        hopeless = other_list or not count(old)  # of what nothing fitted nothing is kept
        kept = list(was.get("people", []))[:-1]  # "with Cary Grant instead" of Stewart, by Hitchcock all the same
        if instead and "people" in fields and kept and len(now.get("people", [])) == 1:
            by_them = replaced | {"people": [*kept, *now["people"]]}
            if count(
                Filters(
                    **{key: value for key, value in by_them.items() if value is not None and key in ("people", "people_any")}
                )
            ):
                out = by_them
                continue
        out = replaced if instead or ((alternative or hopeless) and not count(narrower)) else joined
    if len(out.get("people_any", ())) == 1:  # of whom the other was ruled out
        out["people"] = list(dict.fromkeys((*out.get("people", ()), *out.pop("people_any"))))
    return Filters(**{key: value for key, value in out.items() if value is not None})


def _wishes(old: Sequence[Wish], new: Sequence[Wish], also: bool) -> tuple[Wish, ...]:
    """Old and new wishes; a new one replaces an old one about the same thing, and a new mood the old ones unless it is added."""
    said = {(wish.kind, wish.value if isinstance(wish.value, str) else "") for wish in new}
    if not also and any(wish.kind == "mood" and wish.weight > 0 for wish in new):
        old = [wish for wish in old if wish.kind != "mood" or wish.weight < 0]
    kept = [wish for wish in old if (wish.kind, wish.value if isinstance(wish.value, str) else "") not in said]
    return (*kept, *new)[-50:]
