"""What a sentence takes back of the request as it stands: "forget the year", "it needn't be French", "Keaton may come back in".

Does not know what the sentence adds (`revision.py`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from movies.vocabulary import canonical_country, canonical_genre, canonical_language, fold
from rag.plan import Plan
from rag.reading.places import adjectives

SWAP = re.compile(
    r"\b(?:swap|exchange|replace|trade|switch|take)(?: out)? (?:the )?(?P<old>[\w.'’-]+(?: [\w.'’-]+){0,3}?) "
    r"(?:for|with|by|to|out,? and (?:give me|put in|add|bring in|use|take)) (?=\w)"
)
_LIFT = re.compile(
    r"\b(forget(?: about)?|drop|scratch|ignore|remove|scrap|lift|lose|clear|never ?mind|(?:i )?(?:don't|do not|dont) care (?:about|if it's|if it is)|(?:doesn't|does not|don't|do not|doesnt|needn't) "
    r"(?:matter|(?:have|need) to (?:be(?: with| by| from)?|have|star|include|feature|come from))|(?:needn't|need not)(?: necessarily)? be|not necessarily|regardless of|no (?:longer|need for)|no(?: more)?(?= (?:min(?:imum)?|max(?:imum)?) (?:length|runtime|year|rating|time|score)\b)|without(?= the (?:decade|years?|date|length|rating|language|country|genre)\b)|without(?= (?:the|any|a|that|my) [\w ]{2,20}(?:limit|restriction|constraint|filter)s?\b)|take (?:away|off|out)|get rid of|any(?! (?:with|by|from|in|of|about|starring|without|films?|movies?)\b)|whatever|no limit on|instead of)\s+"
    r"(?:about\s+)?(?:the\s+|my\s+|that\s+|its\s+|an?\s+)?(?:no\s+)?(.+?)(?:\s+(?:is|are) (?:fine|ok|okay|good|welcome)|\s+(?:filter|limit|restriction|constraint|part|requirement|bit|thing|either|anymore|any more|after all|then|so|now|please|altogether))*\s*(?=$|[,.;:!?]|\bbut\b|\band\b)"
)
_LIFT_BEHIND = re.compile(
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2})\s+(?:(?:doesn't|does not|doesnt|don't|do not|no longer) (?:really )?matters?|(?:isn't|is not|aren't|are not) (?:that |so |really |very )?(?:important|relevant|essential)|"
    r"(?:is|are) (?:irrelevant|unimportant|negotiable|up to you|not that important)|(?:can|could|may|might) (?:go|be anything|be (?:dropped|ignored|lifted|removed))|makes no difference|or (?:not|no \1)(?=\W*(?:$|[,.;:!?])))(?=\W|$)"
)
_LIFT_AROUND = re.compile(
    r"\b(?:take|leave|get|turn|switch) (?:the\s+|that\s+|my\s+)?(\w+(?:\s\w+)?)(?: thing| filter| limit| bit| part)? (?:off|away|out again)\b"
)  # "take the rating thing off again"
_EITHER_WAY = re.compile(r"\bwith or without (?:him|her|them|that (?:actor|actress|director))\b")
_WELCOME_AGAIN = re.compile(
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2}?)\s+(?:is|are|would be|can be) (?:actually |totally |perfectly )?(?:fine|ok|okay|alright|all right|good|welcome|allowed|acceptable|on again|back(?: in| on)?)\b|"
    r"\b(?:the\s+)?(\w+(?:\s\w+){0,2}?)\s+(?:may|can|could|might|should) (?:come |be |go )?(?:back(?: in| on)?|in again|return|stay)\b|"
    r"\b(?:let|allow|bring|put|have)\s+(?:the\s+)?(\w+(?:\s\w+){0,2}?)\s+(?:back(?: in| on)?|in again)\b|"
    r"\b(?:allow|permit)\s+(?:the\s+)?(\w+(?:\s\w+){0,2}?)(?=\s+(?:again|too|as well|after all)\b|\W*$|[.,;])"
)
_KINDS: dict[str, tuple[str, ...]] = {
    "year_min year_max": ("year", "years", "date", "decade", "era", "period", "age", "release", "when"),
    "runtime_min runtime_max": ("length", "runtime", "running time", "duration", "time", "hours?", "minutes?", "how long"),
    "languages": ("language", "languages", "subtitles", "subtitle"),
    "countries languages": ("country", "countries", "origin", "place"),
    "genres_any genres_all genres_none": ("genre", "genres", "kind", "type"),
    "people people_any people_none": ("people", "person", "names"),
    "rating_min": ("rating", "ratings", "score"),
    "query": ("theme", "topic", "plot", "story", "subject"),
    "soft relative": ("mood", "moods", "tone", "feel", "vibe"),
}
_AND_A_KIND = re.compile(
    rf"\b(forget(?: about)?|drop|ignore|never ?mind|scrap|scratch|remove|lift|lose|clear) ((?:the |its )?[\w.'’-]+(?: [\w.'’-]+){{0,3}}?) and (?=(?:the |its )?(?:{'|'.join(word for words in _KINDS.values() for word in words)})\b)((?:the |its )?\w+)"
)
LOOSER = re.compile(
    r"\b(older|newer|longer|shorter|earlier|later)(?: ones?| films?| movies?)?(?: is| are| would be| will be|'s)(?: also| totally| perfectly| actually| just as)? (?:fine|ok|okay|good|alright|all right|welcome|possible)\b"
)
ENDS = {
    "older": "year_min", "earlier": "year_min", "newer": "year_max", "later": "year_max", "longer": "runtime_max", "shorter": "runtime_min",
}  # fmt: skip


def lifted(said: str, plan: Plan) -> Plan:
    """The plan without what the sentence takes back ("forget the year", "it needn't be French")."""
    text = fold(said)
    record = plan.chosen()
    text = _AND_A_KIND.sub(r"\1 \2. \1 \3", text)  # "forget Bergman and the length"
    for found in [*_LIFT.finditer(text), *_LIFT_BEHIND.finditer(text), *_LIFT_AROUND.finditer(text)]:
        *_, what = found.groups()
        if " or " in what:  # "it doesn't have to be about sport or funny"
            for part in re.split(r"\bor\b|,", what.removeprefix("about ")):
                _drop(record, part.strip().removeprefix("the "), found.group(1))
            continue
        _drop(record, what, found.group(1))
    if _EITHER_WAY.search(text):
        for name in ("people", "people_any"):
            record.get("filters", {}).pop(name, None)
    if swapped := SWAP.search(text):
        _drop_value(record, swapped["old"])
    for found in _WELCOME_AGAIN.finditer(text):
        _welcome(record, next(filter(None, found.groups())))
    for found in LOOSER.finditer(text):
        filters = record.get("filters", {})
        filters.pop(ENDS[found.group(1)], None)
        if filters.get("year_max", 0) >= datetime.now(UTC).year:  # "this century" ends now
            del filters["year_max"]
    return Plan.from_record(record)


def _drop(record: dict[str, Any], what: str, verb: str) -> None:
    """Take out a kind of constraint ("the year"), or a value that was named."""
    kinds = [names for names, words in _KINDS.items() if any(re.search(rf"\b{word}\b", what) for word in words)]
    for name in " ".join(kinds).split():
        (record if name in Plan.model_fields else record.get("filters", {})).pop(name, None)
    stem = "years" if "year_min" in " ".join(kinds) else "runtime" if "runtime_min" in " ".join(kinds) else ""
    record["soft"] = [wish for wish in record.get("soft", []) if wish["kind"] != stem]
    if not kinds and verb not in ("any", "whatever"):
        _drop_value(record, what)


def _drop_value(record: dict[str, Any], what: str) -> None:
    """Take out single values that were named: "drop the comedy", "it doesn't have to be French"."""
    words = what.removesuffix("s")
    filters: dict[str, Any] = record.get("filters", {})
    names = {canonical_genre(what), canonical_genre(words), canonical_language(what), canonical_country(what)}
    if place := adjectives().get(what):  # "it doesn't have to be Italian"
        names |= {*place.languages, *place.countries}
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
        ("people_none", lambda name: (len(what) > 3 and what in fold(name)) or last in fold(name).split()),
    ):
        kept = [value for value in filters.pop(field, []) if not matches(value)]
        filters |= {field: kept} if kept else {}
