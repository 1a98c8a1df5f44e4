"""Moods: the words viewers say for how a film should feel, and what search can do about each.

Data only. Does not know which films have which mood: search compares `text` with plots and leans
towards or away from genres.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.reading.tokens import spread


@dataclass(frozen=True)
class Mood:
    """`said`: how viewers put it; `more`: its comparatives; `text`: a line to embed and compare with plots.

    `towards`, `against`: genres that make the mood likelier or not; `rules_out`: the genre that
    "nothing <mood>" excludes outright, where any viewer would expect that.
    """

    said: str
    text: str
    more: str = ""
    towards: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    rules_out: str = ""


MOODS: dict[str, Mood] = {
    "funny": Mood(
        said="""funny, hilarious, humorous, make me laugh, to laugh, makes me laugh, a laugh, a good laugh, laugh out loud
        witty, fun""",
        text="A hilarious, funny story full of jokes and comic mishaps.",
        more="funnier, more fun, wittier",
        towards=("Comedy",),
        rules_out="Comedy",
    ),
    "feel-good": Mood(
        said="""feel good, feelgood, uplifting, heartwarming, heart warming, cheerful, cheer me up, cheers me up, happy
        joyful, upbeat, warm, sweet, charming, wholesome, life affirming, happy ending, a happy ending, good vibes
        optimistic, heartfelt""",
        text="A warm, uplifting story in which kindness wins and all ends well.",
        more="happier, warmer, sweeter",
        towards=("Comedy", "Family", "Romance", "Musical"),
        against=("Horror", "War", "Crime"),
    ),
    "light": Mood(
        said="""light, light hearted, lighthearted, easy going, easygoing, undemanding, easy to watch, easy to follow, easier to follow, less confusing, not too heavy
        nothing heavy, nothing too heavy, not heavy, lightweight, not too serious, nothing too serious, nothing serious
        breezy, mindless, fluffy""",
        text="A light, easy-going, playful story.",
        more="lighter, easier",
        towards=("Comedy", "Family", "Romance"),
        against=("Horror", "War", "Crime"),
    ),
    "dark": Mood(
        said="dark, bleak, grim, noirish, moody, sinister, pessimistic, depressing, heavy",
        text="A dark, bleak story of guilt, crime and despair.",
        more="darker, bleaker, grimmer, moodier",
        towards=("Crime", "Thriller", "Film-Noir", "Horror"),
        against=("Family", "Children", "Comedy"),
    ),
    "gritty": Mood(
        said="gritty, raw, hard boiled, hardboiled, street level",
        text="A gritty, raw and realistic story of the streets.",
        more="grittier, rawer",
        towards=("Crime", "Drama", "Thriller"),
        against=("Family", "Fantasy", "Musical"),
    ),
    "scary": Mood(
        said="""scary, frightening, terrifying, creepy, spooky, scares me, scare me, to be scared, makes me jump, eerie
        chilling, horrifying, scares""",
        text="A terrifying story of fear, ghosts and killers.",
        more="scarier, creepier, spookier",
        towards=("Horror", "Thriller"),
        against=("Family", "Children", "Comedy"),
        rules_out="Horror",
    ),
    "sad": Mood(
        said="""sad, tearjerker, tear jerker, tearjerkers, makes me cry, make me cry, to cry, a good cry, heartbreaking
        moving, touching, weepie, weepy, tragic, melancholic, melancholy, emotional, sad ending, a sad ending, sad endings
        poignant, bittersweet""",
        text="A sad, moving story of loss and grief.",
        more="sadder",
        towards=("Drama", "Romance"),
        against=("Comedy", "Action"),
    ),
    "tense": Mood(
        said="""tense, suspenseful, gripping, nail biting, nailbiting, nail biter, edge of my seat, edge of your seat
        on the edge of my seat, thrilling, nerve racking, intense, riveting, claustrophobic, keeps me guessing""",
        text="A tense, gripping story in which danger closes in.",
        more="tenser",
        towards=("Thriller", "Mystery", "Crime"),
        against=("Comedy", "Family"),
    ),
    "romantic": Mood(
        said="romantic, lovey dovey, date night, date movie, date film, for a date, for date night",
        text="Two people fall in love.",
        towards=("Romance",),
        against=("Horror", "War"),
        rules_out="Romance",
    ),
    "slow": Mood(
        said="""slow, slow burn, slow burning, slow paced, slowpaced, meditative, contemplative, quiet, atmospheric, dreamy
        calm, slow moving""",
        text="A slow, quiet, contemplative story.",
        more="slower, quieter, calmer",
        towards=("Drama",),
        against=("Action",),
    ),
    "exciting": Mood(
        said="""exciting, action packed, fast paced, fastpaced, fast, adrenaline, high octane, pulse pounding, explosive
        lots of explosions, full of action, kick ass, badass, wild""",
        text="A fast, action-packed story of chases, fights and explosions.",
        more="faster, more action, less boring",
        towards=("Action", "Adventure", "Thriller"),
        against=("Drama",),
    ),
    "mind-bending": Mood(
        said="""mind bending, mindbending, mind blowing, mind bender, mindfuck, twisty, trippy, plot twist, plot twists
        a twist, a big twist, big twist, twist ending, a twist ending, a plot twist, twists, mind twisting""",
        text="A mind-bending puzzle in which nothing is what it seems.",
        more="twistier, trippier",
        towards=("Sci-Fi", "Mystery", "Thriller"),
    ),
    "clever": Mood(
        said="""clever, smart, intelligent, thought provoking, cerebral, deep, philosophical, profound, makes me think
        make me think, makes you think, complex, intellectual""",
        text="A clever, thought-provoking story with ideas to talk about.",
        more="cleverer, smarter, deeper",
        towards=("Drama", "Sci-Fi", "Mystery"),
    ),
    "weird": Mood(
        said="weird, strange, quirky, surreal, bizarre, offbeat, absurd, eccentric, unusual, out there",
        text="A strange, surreal and quirky story.",
        more="weirder, stranger, quirkier",
        towards=("Fantasy", "Comedy"),
    ),
    "violent": Mood(
        said="violent, gory, bloody, brutal, violence, gore, blood and guts",
        text="A bloody, violent story of killing.",
        more="gorier, bloodier",
        towards=("Horror", "Action", "War"),
        against=("Family", "Children"),
    ),
    "epic": Mood(
        said="epic, sweeping, grand, larger than life, spectacular",
        text="A sweeping epic of heroes and great events.",
        towards=("Adventure", "History", "War"),
    ),
    "inspiring": Mood(
        said="inspiring, inspirational, motivational, motivating, empowering, encouraging",
        text="Someone overcomes great odds and inspires others.",
        towards=("Biography", "Sport", "Drama"),
        against=("Horror",),
    ),
    "cosy": Mood(
        said="cosy, cozy, comforting, comfort, relaxing, soothing, gentle, snuggle up to, chill, feelgoody",
        text="A gentle, cosy, comforting story.",
        more="cosier, cozier, gentler",
        towards=("Family", "Comedy", "Romance"),
        against=("Horror", "War", "Thriller"),
    ),
    "silly": Mood(
        said="silly, stupid, goofy, dumb, zany, wacky, slapstick",
        text="A silly, goofy farce full of slapstick.",
        more="sillier, goofier, dumber",
        towards=("Comedy",),
        against=("Drama", "War"),
    ),
    "sexy": Mood(
        said="sexy, steamy, erotic, sensual, hot",
        text="A steamy story of desire and seduction.",
        more="sexier, steamier",
        towards=("Romance", "Drama"),
        against=("Family", "Children"),
    ),
    "nostalgic": Mood(
        said="nostalgic, old fashioned, wistful",
        text="A nostalgic look back at youth and times gone by.",
        towards=("Drama", "Family"),
    ),
    "period": Mood(
        said="old world, in costume, costumed",
        text="A story of times gone by, of great houses, letters and manners.",
        towards=("History", "Romance", "Drama"),
        against=("Sci-Fi",),
        rules_out="History",
    ),
    "beautiful": Mood(
        said="beautiful, visually stunning, beautifully shot, gorgeous, stunning, good looking, stylish",
        text="A visually beautiful story of landscapes, colours and light.",
        more="prettier",
    ),
    "serious": Mood(
        said="serious, weighty, important, hard hitting, powerful",
        text="A serious, powerful story about real problems.",
        towards=("Drama", "History"),
        against=("Comedy",),
    ),
    "disturbing": Mood(
        said="disturbing, unsettling, shocking, twisted, messed up, fucked up, sick",
        text="A disturbing, unsettling story.",
        towards=("Horror", "Thriller"),
        against=("Family", "Children", "Comedy"),
    ),
}


def mood_phrases() -> Iterator[tuple[str, str]]:
    """(what viewers say, key of the mood)."""
    return spread({name: mood.said for name, mood in MOODS.items()})


def comparative(name: str) -> str:
    """ "lighter" for light, "more romantic" for romantic."""
    first = re.split(r"[,\n]", MOODS[name].more)[0].strip() if name in MOODS else ""
    return first if first[:3] == name[:3] else f"more {name}"


def comparative_phrases() -> Iterator[tuple[str, str]]:
    """(comparative such as "funnier", key of the mood)."""
    return spread({name: mood.more for name, mood in MOODS.items()})
