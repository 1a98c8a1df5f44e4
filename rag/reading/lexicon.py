"""The words of a request other than names and numbers, and what kind of word each is.

Data, and the one table that joins it (`lexicon_for`). Does not know how words combine: that "not"
reaches over a list and ends at "but" is `understanding.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from movies.vocabulary import genre_words
from rag.reading.moods import comparative_phrases, mood_phrases
from rag.reading.places import Place, adjective_of, adjectives, languages_anywhere, own_name_of
from rag.reading.tokens import Phrases, spread, word_set

Kind = Literal[
    "film", "genre", "mood", "compare", "more", "sort", "place", "era", "length", "quality", "family", "poster", "subtitles",
    "foreign", "topic", "polite", "ask", "not", "unsure", "pivot", "copula", "about", "hedge", "fine", "joint",
    "number", "measure", "person", "title", "word", "stop", "comma",
]  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """`value` by kind: genre → tuple of names; mood → its key; place → `Place`; compare → (kind, direction, mood);
    more → +1, −1 or 0 ("not too"); era → (most, least) years before today; length → minutes (low, high);
    quality → least rating; sort → a `Plan.sort`; joint → "and", "or", "both", "mixed"; fine → "fine" or "out".

    `strength` of a place: 0 for a people ("Americans"), which is one only behind a "no"; of a genre word: 3 always a genre, 2 unless a noun follows, 1 a thing as well as a genre ("war",
    "family"): only beside "film", beside another genre or alone; 0 an adjective that needs a noun ("romantic").
    """

    kind: Kind
    value: Any = None
    strength: int = 3


_NEVER_GENRE = word_set("musician families crimes actions news docu short period")
_ADJECTIVES = word_set("romantic animated historical historic dramatic biographical comedic wartime")
_THINGS = word_set(
    "war crime family music history sport sports children children's kids gangster mafia suspense superhero superheroes"
)
_KINDS = word_set(
    "drama mystery romance adventure fantasy action animation cartoon dramas mysteries romances adventures noir western"
)
_MORE_GENRES = {
    "Romance Comedy": "rom com, romcom, rom coms, romcoms, chick flick, chick flicks",
    "Comedy Drama": "dramedy, dramedies, comedy drama, comedy dramas, tragicomedy",
    "Documentary": "doc, docs, doco, documentry",
    "Children": "kids film, kids films, kids movie, kids movies, kid's film, kid's movie, kids' film, kids' films, children's",
    "Short": "short film, short films, shorts",
    "Mystery": "whodunnits, whodunits, murder mystery, murder mysteries, detective story, detective stories",
    "Animation": "animes, animations, animated",
    "Comedy": "mockumentary, mockumentaries, black comedy, black comedies",
    "Crime": "gangster film, gangster films, gangster movie, gangster movies, mob film, mob movie, mob movies",
    "Western": "spaghetti western, spaghetti westerns, cowboy film, cowboy films, cowboy movie, cowboy movies",
    "Horror": "slasher, slashers, slasher film, slasher films, creature feature, creature features",
    "Biography": "biopic, biopics",
    "Adventure": "swashbuckler, swashbucklers",
    "Sci-Fi": "sci fis, space opera, space operas",
    "Romance": "love story, love stories",
    "Thriller": "psychological thriller, psychological thrillers",
}

SUBGENRES = frozenset(
    """mafia mob gangster gangsters slasher slashers superhero superheroes swashbuckler swashbucklers mockumentary mockumentaries
    """.split()
) | {
    "gangster film", "gangster films", "gangster movie", "gangster movies", "mob film", "mob movie", "mob movies", "slasher film",
    "slasher films", "creature feature", "creature features", "space opera", "space operas", "black comedy", "black comedies",
    "murder mystery", "murder mysteries", "spaghetti western", "spaghetti westerns",
}  # fmt: skip
"""Words for a part of a genre: the genre holds, and the word itself is searched for too."""

_WORDS: Mapping[Kind, str] = {
    "film": """film, films, movie, movies, flick, flicks, picture, pictures, cinema, feature, features, feature film
        feature films, motion picture, one, ones, title, titles, stuff, series, blockbuster, blockbusters, production, productions, filme, masterpiece
        masterpieces""",
    "polite": """yes, yeah, oh, wow, lol, haha, hmm, no i haven't, no i, never heard of, please, pls, plz, thanks, thank you
        thx, cheers, hi, hello, hey, hi there, hello there, good evening, good morning, ok, okay, so, well, um, tonight
        today, this evening, this weekend, this afternoon, right now, for tonight, tomorrow, on friday, with my wife
        with my husband, with my girlfriend, with my boyfriend, with my partner, with friends, with my friends
        with a friend, with my mum, with my mom, with my dad, with my parents, with my family, with the family
        with my grandma, with my grandparents, with my sister, with my brother, with my flatmates, with my roommates
        my wife and i, me and my wife, my wife, my husband, my girlfriend, my boyfriend, my partner, for me, for us
        on a rainy day, on a sunday, after work, before bed, for a change, good, decent, nice, cool, some good, any good
        no problem, no idea, not sure, don't know, do not know, can't decide, cannot decide, not picky, no preference
        why not, anything, you know, i don't know, i dunno, dunno, not sure what, at all, no idea what, what to watch
        to watch, watch, watching, to see, worth watching, worth seeing, kind of, sort of, type of, kinda, a lot, a bit
        a little, as well, also, really, very, quite, actually, in your catalogue, in the catalogue, in my library
        in my collection, in stock, available, that you have, you have, you've got, can you, could you, would you, will you
        of any kind, or anything, or something, or whatever, whatever, and so on, etc, genre, genres, in particular, totally
        super, extremely, genuinely, properly, truly, somewhat, slightly, in general, generally, exactly, and stuff, ever
        ever made, of all time, of all times, not only, not just, for my girlfriend, for my wife, for my husband, for my mum
        for my mom, for my dad, for the evening, for this evening, for the weekend, for movie night, for film night
        tonight's, my friends, we don't know, with lots of, with a lot of, lots of, full of, a bit of, some kind of
        any kind of, wanna, kindly, as possible, we both, we all, if you have any, that i haven't seen, i haven't seen
        we haven't seen, in your library, in your collection, i know""",
    "ask": """i could go for, we could go for, could go for, i much prefer, i prefer, much prefer, prefer, find, find me
        find us, show, show me, show us, give me, give us, get me, recommend, recommend me, suggest, suggest me, i want
        i want to watch, i want to see, we want to watch, we want to see, we want, i would like, i'd like, i'd love
        i'd rather, i'd like to watch, i'd like to see, i would like to watch, i would like to see, i would love, we'd like
        we would like, i need, we need, i'm looking for, i am looking for, we're looking for, we are looking for
        looking for, look for, search for, search, i'm in the mood for, i am in the mood for, we're in the mood for
        in the mood for, in a mood for, i feel like, we feel like, i feel like watching, feel like watching, feeling like
        fancy, i fancy, we fancy, what about, how about, what are, what is, what's, have you got, do you have
        do you have any, have you any, have you got any, got any, got anything, is there, are there, are there any
        any recommendations for, any recommendation for, any suggestions for, any ideas for, recommendations for
        suggestions for, recommendations, suggestions, recommendation, suggestion, help me find, help me pick
        help me choose, pick, pick me, choose, something, some, list, list of, list me, tell me about, let's watch
        let us watch, i like, we like, i love, we love, i really like, i prefer, we prefer, i enjoy, we enjoy
        i usually like, want, wanted, put on, play, what should i watch, what should we watch, what can i watch
        what can we watch, what would you recommend, what do you recommend, what do you have, what have you got, i'm after
        can i get, can i have, could i have, may i have, i wanna watch, i wanna see, wanna watch, gimme, up for, i'm up for
        i'm into, we're into, i am into, would like, would love, i do like, i'm a fan of, i'm a big fan of, make it
        make them, keep it, sort by, sorted by, order by, ordered by, sort, sorted, order, let's see, let's have, try
        how about something, anyone know, another, another one, more of, my wife likes, my wife loves, my husband likes
        my husband loves, my kids love, she likes, he likes, she loves, he loves, my girlfriend likes, my girlfriend loves
        we'd love, i am in a mood for, i'm feeling, nothing but""",
    "not": """no, not, without, nothing, none, none of, no more, except, except for, excluding, anything but, everything but
        anything except, everything except, anything other than, avoid, avoiding, skip, skipping, minus, apart from
        other than, rather than, hate, hates, dislike, dislikes, loathe, detest, can't stand, cannot stand
        not in the mood for, not a fan of, not a big fan of, not into, not keen on, not fond of, tired of, sick of, bored of
        bored with, fed up with, had enough of, enough of, isn't, aren't, is not, are not, never, non, nor, neither, free of
        leave out, kick out, throw out, cut out, weed out, filter out, rule out, ditch, exclude, spare me, spare us, not any, but no, but not, but without, please no, not really into, not big on, i hate, i dislike
        i can't stand, i'm tired of, i am tired of, i'm sick of, i'm not in the mood for, i am not in the mood for
        i'm not into, shouldn't be, should not be, must not be, can't be, we hate, not another, wasn't, was not, she hates
        he hates, my wife hates, my husband hates, my girlfriend hates, not for, can do without, unlike, i'm bored of
        i'm fed up with, we're tired of, we're not into, i really hate, we can't stand, my wife doesn't like
        my husband doesn't like, that aren't, that isn't, that's not, no kind of""",
    "unsure": """don't mind, do not mind, doesn't have to be, does not have to be, doesn't need to be, not necessarily
        no matter, don't care about, don't care if, don't care, doesn't matter, regardless of, need not be, don't have to be
        i don't mind, i don't care, not necessarily a, even if it's, i wouldn't mind, wouldn't mind""",
    "pivot": "but, however, instead, yet, otherwise, although, something else, just, only, though, rather",
    "copula": """that is, that's, which is, that are, which are, it should be, must be, should be, it must be, it has to be
        has to be, to be, can be, they should be, it's, it is, and it's, that it is, is, are""",
    "about": """about, where, in which, whose, who, set in, set during, set on, set at, set around, takes place
        taking place, based on, involving, dealing with, deals with, revolving around, centered on, centred on
        on the subject of, when, concerning, follows, following, featuring, regarding, exploring, that deals with
        that takes place, how, why, inspired by, that, which, whom""",
    "hedge": """i think, maybe, perhaps, probably, possibly, ideally, preferably, if possible, would be nice, would be great
        bonus if, bonus points for, bonus points if, i guess, i believe, might be, could be, mostly, hopefully
        would be good, would be cool, is a plus, are a plus, is a bonus, i suppose, if you can, leaning towards
        leaning toward, it'd be nice if, would be a plus, would be a bonus""",
    "poster": """with a poster, with posters, has a poster, have a poster, have posters, having a poster, poster
        with poster, a poster, that has a poster, that have a poster, that have posters, posters, poster art""",
    "subtitles": """subtitles, with subtitles, subtitled, subs, reading subtitles, to read subtitles, read subtitles
        with subs, subtitle""",
    "foreign": "foreign, foreign language, world cinema, international",
    "family": """for kids, for children, for the kids, for my kids, for our kids, with kids, with my kids, with the kids
        with our kids, with children, with my children, with the children, for my children, for the whole family
        for the family, family friendly, kid friendly, child friendly, kids friendly, suitable for children
        suitable for kids, the whole family can watch, for my son, with my son, for my daughter, with my daughter, my kids
        our kids, for little ones, for toddlers, for young children, for small children, for all the family, for all ages
        the whole family, for a kid, for a child, family movie night, for my little one, for my nephew, for my niece
        for my grandkids, with my grandkids, with the grandkids, with my nephew""",
    "topic": """korean war, vietnam war, civil war, world war, world war two, world war ii, world war 2, world war one
        world war i, world war 1, years old, year old, months old, weeks old, days old, cold war, star wars, bond film, bond films, bond movie, bond movies, spanish civil war, american civil war, american dream
        american football, french revolution, gulf war, nuclear war, russian revolution, russian roulette, mexican standoff
        greek mythology, roman empire, family secret, family secrets, crime scene, james bond, harry potter, john wick
        indiana jones, jack ryan, jason bourne, sherlock holmes, wwii, ww2, roman history, best friend, best friends
        true story, a true story, true stories, organized crime, organised crime, true crime, old man, old woman, old people
        old age, old couple, old lady, old friends, new york, new york city, new orleans, american west, love triangle
        war criminal, war hero, war heroes, war veteran, war photographer, war crimes, serial killer, big city, wild west
        family reunion, family business, dark ages, foreign legion, short story, short stories, black and white, new age
        new wave, german shepherd, british empire, new world, good and evil, dark magic, happily ever after, slow motion""",
    "joint": "and, &, plus, +",
}  # fmt: skip
_HOW_MUCH = ("", "really", "particularly", "usually", "normally", "actually", "much")  # "I don't really like"
_TO_WANT = (
    "like", "enjoy", "want", "love", "do", "dig", "go for", "get on with", "care for", "fancy", "need", "watch", "feel like", "want to watch", "want to see",
    "want any", "show me", "give me", "recommend", "include",
)  # fmt: skip
_JOINTS = {
    "or": "or, /, nor, and/or, either, or even",
    "and": "as well as, along with",
    "both": "both, a mix of, mix of, mix between, combination of, blend of, cross between, mixture of, hybrid of",
    "mixed": """mixed with, crossed with, meets, with some, with a bit of, with elements of, with a touch of, with a dash of
        blended with, combined with, slash, with a little, with a hint of""",
}
_MORE = {
    1: "more, a bit more, a little more, much more, even more",
    -1: "less, not as, too, way too, a bit less, much less, not quite as, far too, overly",
    0: """not too, not very, not so, not that, not overly, not particularly, nothing too, nothing very, isn't too
        not really, nothing overly, not all that, aren't too, nothing really, without being too, not super""",
}
_SORTS = {
    "newest": """sorted by date, sort by date, sorted by year, sort by year, newest at the top, newest, newest first, latest
        latest first, most recent, most recent first, newest to oldest, by release date, by date, the newest, the latest
        most recently released""",
    "oldest": "oldest, oldest first, earliest, in chronological order, chronologically, chronological, oldest to newest",
    "shortest": "sorted by length, sort by length, sorted by runtime, sort by runtime, shortest, shortest first",
    "longest": "longest, longest first",
    "rating": """sorted by rating, sort by rating, ordered by rating, order by rating, rated best, best rated, top rated
        highest rated, best reviewed, by rating, best rated first, highest rating, highest ratings, top rated first
        highest rated first, best ratings, best first""",
    "revenue": """sorted by revenue, sort by revenue, sorted by box office, highest grossing, top grossing
        biggest box office, most successful, by revenue, by box office, most money, highest grossing first
        biggest box office hits, biggest grossing, most profitable""",
    "popularity": """sorted by popularity, sort by popularity, most popular, most famous, best known, by popularity
        most watched, most popular first""",
}
_ERAS = {
    (5, 0): "recent, new, newly released, recently released, recent ish, fresh, brand new, newish",
    (20, 0): "modern, contemporary, reasonably recent, fairly recent, modern day",
    (150, 40): "old, old school, vintage, golden age, old timey, from the old days, oldies, oldie",
    (150, 30): "classic, classics, timeless classic, all time classic",
}
_LENGTHS = {
    (None, 95): "short, quick, brief, short and sweet, shortish, bite sized",
    (150, None): "long, lengthy, three hour long, very long, longish",
}
_QUALITY = {
    7: """well rated, highly rated, good ratings, good reviews, well reviewed, well received, critically acclaimed
        acclaimed, great, best, excellent, amazing, brilliant, fantastic, top, award winning, outstanding, superb, wonderful
        must see, oscar winning, top notch, the best, good rating, high rating, high ratings, with good ratings
        with good reviews, with high ratings""",
}
_COMPARATIVES = {
    ("runtime", -1): "shorter, less long, not as long, too long, way too long, not so long, quicker, far too long",
    ("runtime", 1): "longer, too short, way too short",
    ("year", 1): "newer, more recent, more modern, too old, less old, not as old, way too old, younger",
    ("year", -1): "older, less recent, too new, too recent, less modern, more classic",
    ("rating", 1): "better, better rated, higher rated, with a better rating, with better ratings",
    ("popularity", -1): """more obscure, less mainstream, lesser known, less well known, less popular, less famous
        less known, less obvious
        hidden gem, hidden gems, underrated, under the radar, little known, obscure, overlooked, too mainstream, too obvious
        not so well known""",
    ("popularity", 1): "more mainstream, more popular, better known, more famous, more well known, less obscure",
}  # fmt: skip

_VERDICTS = {
    "fine": """are fine, is fine, are ok, is ok, are okay, is okay, would be fine, would be ok, are welcome, is welcome
        are good too, also fine, fine too, are acceptable, are alright, is alright, are fine too, is fine too, also ok
        too is fine, is back on the table, are back on the table, is back on, can come back, may come back, is allowed
        are allowed, is allowed again, is back in, is on again, is allowed after all, is fine again""",
    "out": """is not my thing, isn't my thing, are not my thing, aren't my thing, is not for me, isn't for me
        are not for me, aren't for me, is out, are out, no thanks, not my thing, not my cup of tea, is not my cup of tea
        isn't my cup of tea, bores me, bore me, scares my wife, is boring, are boring, is a no, are a no, no thank you
        is off again, are off again, is off the table again, is out again, are out again""",
}

FUNCTION_WORDS = word_set(
    "a an the of with and or but is are was were be been being it its it's that that's this these those in on at for from to "
    "by me my we our us i i'd i'm i've you your yours he she him they them their there here as if then than so too also not "
    "no nor do does did have has had can could would should will may might any some all each every both either neither such "
    "what which who whom whose where when how why about into onto over under up out off again very really quite just only "
    "even still else same other s d ll re ve m t like want see get got let make made more most less"
)

ASKING_WORDS = word_set(
    "similar directed director directors actor actors actress actresses starring stars recommend recommended recommendation suggest "
    "suggestion suggestions remember remind called named title length longer shorter happens happened watched favourite favorite"
)
"""What questions about films are made of: not read as constraints, but misspelt like any word."""


def lexicon_for(genres: Mapping[str, str], languages: tuple[str, ...]) -> Phrases[Meaning]:
    """The table of all words, with a catalogue's own genres (folded → name) and languages added."""
    return Phrases(_entries(genres, languages))


def _entries(genres: Mapping[str, str], languages: tuple[str, ...]) -> Iterator[tuple[str, Meaning]]:
    table: dict[str, Meaning] = {phrase: Meaning("mood", mood) for phrase, mood in mood_phrases()}
    table |= {phrase: Meaning("compare", ("mood", 1, mood)) for phrase, mood in comparative_phrases()}
    for word, name in ({**genres, **genre_words()}).items():
        if word not in _NEVER_GENRE:
            strength = 0 if word in _ADJECTIVES else 1 if word in _THINGS else 2 if word in _KINDS else 3
            table[word] = Meaning("genre", (name,), strength)
    table |= {phrase: Meaning("genre", tuple(names.split())) for phrase, names in spread(_MORE_GENRES)}
    for word, place in adjectives().items():
        for phrase in (word, f"{word} language", f"{word} speaking", f"{word} spoken"):
            table[phrase] = Meaning("place", place)
        if word.endswith("an"):
            table.setdefault(f"{word}s", Meaning("place", place, strength=0))  # "no Americans"
    for code in languages:
        for name in (adjective_of(code) or code, own_name_of(code)):
            spoken = Meaning("place", Place((code,)))
            if not table.setdefault(name, spoken).value.languages:  # "Irish" is of Ireland, "in Irish" a language
                table[f"in {name}"] = spoken
    for name, place in languages_anywhere().items():  # "in Swahili", of which there may be nothing
        if name not in table or not getattr(table[name].value, "languages", True):  # "Welsh" is of the United Kingdom
            table.setdefault(f"in {name}", Meaning("place", place))
    simple: tuple[tuple[Kind, Mapping[Any, str]], ...] = (
        ("joint", _JOINTS), ("more", _MORE), ("sort", _SORTS), ("era", _ERAS), ("length", _LENGTHS), ("quality", _QUALITY),
        ("fine", _VERDICTS),
    )  # fmt: skip
    for kind, listed in simple:
        table |= {phrase: Meaning(kind, value) for phrase, value in spread(listed)}
    table |= {phrase: Meaning("compare", (what, direction, "")) for phrase, (what, direction) in spread(_COMPARATIVES)}
    for words in product(("don't", "do not", "doesn't", "does not", "didn't", "did not"), _HOW_MUCH, _TO_WANT):
        table[" ".join(words)] = Meaning("not")
    for phrase, kind in spread(_WORDS):
        table[phrase] = Meaning(kind, "and" if kind == "joint" else None)
    yield from table.items()
