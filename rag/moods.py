"""Moods: the words viewers say for how a film should feel, and what search can do about each.

Data only. Does not know which films have which mood: search compares `text` with plots and leans
towards or away from genres.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.tokens import spread


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
        "funny, hilarious, humorous, make me laugh, makes me laugh, a laugh, a good laugh, laugh out loud, witty, fun",
        "A hilarious, funny story full of jokes and comic mishaps.", "funnier, more fun, wittier", ("Comedy",),
        rules_out="Comedy",
    ),
    "feel-good": Mood(
        "feel good, feelgood, uplifting, heartwarming, heart warming, cheerful, cheer me up, cheers me up, happy, joyful, upbeat"
        "\nwarm, sweet, charming, wholesome, life affirming, happy ending, a happy ending, good vibes, optimistic, heartfelt",
        "A warm, uplifting story in which kindness wins and all ends well.", "happier, warmer, sweeter",
        ("Comedy", "Family", "Romance", "Musical"), ("Horror", "War", "Crime"),
    ),
    "light": Mood(
        "light, light hearted, lighthearted, easy going, easygoing, undemanding, easy to watch, not too heavy, nothing heavy"
        "\nnothing too heavy, not heavy, lightweight, not too serious, nothing too serious, nothing serious, breezy, mindless, fluffy",
        "A light, easy-going, playful story.", "lighter, easier", ("Comedy", "Family", "Romance"), ("Horror", "War", "Crime"),
    ),
    "dark": Mood(
        "dark, bleak, grim, noirish, moody, sinister, pessimistic, depressing, heavy", "A dark, bleak story of guilt, crime and despair.",
        "darker, bleaker, grimmer, moodier", ("Crime", "Thriller", "Film-Noir", "Horror"), ("Family", "Children", "Comedy"),
    ),
    "gritty": Mood(
        "gritty, raw, hard boiled, hardboiled, street level", "A gritty, raw and realistic story of the streets.", "grittier, rawer",
        ("Crime", "Drama", "Thriller"), ("Family", "Fantasy", "Musical"),
    ),
    "scary": Mood(
        "scary, frightening, terrifying, creepy, spooky, scares me, scare me, makes me jump, eerie, chilling, horrifying, scares",
        "A terrifying story of fear, ghosts and killers.", "scarier, creepier, spookier", ("Horror", "Thriller"),
        ("Family", "Children", "Comedy"), rules_out="Horror",
    ),
    "sad": Mood(
        "sad, tearjerker, tear jerker, tearjerkers, makes me cry, make me cry, a good cry, heartbreaking, moving, touching"
        "\nweepie, weepy, tragic, melancholic, melancholy, emotional, sad ending, a sad ending, sad endings, poignant, bittersweet",
        "A sad, moving story of loss and grief.", "sadder", ("Drama", "Romance"), ("Comedy", "Action"),
    ),
    "tense": Mood(
        "tense, suspenseful, gripping, nail biting, nailbiting, nail biter, edge of my seat, edge of your seat, on the edge of my seat"
        "\nthrilling, nerve racking, intense, riveting, claustrophobic, keeps me guessing",
        "A tense, gripping story in which danger closes in.", "tenser", ("Thriller", "Mystery", "Crime"), ("Comedy", "Family"),
    ),
    "romantic": Mood(
        "romantic, lovey dovey, date night, date movie, date film, for a date, for date night", "Two people fall in love.", "",
        ("Romance",), ("Horror", "War"), rules_out="Romance",
    ),
    "slow": Mood(
        "slow, slow burn, slow burning, slow paced, slowpaced, meditative, contemplative, quiet, atmospheric, dreamy, calm, slow moving",
        "A slow, quiet, contemplative story.", "slower, quieter, calmer", ("Drama",), ("Action",),
    ),
    "exciting": Mood(
        "exciting, action packed, fast paced, fastpaced, fast, adrenaline, high octane, pulse pounding, explosive, lots of explosions"
        "\nfull of action, kick ass, badass, wild",
        "A fast, action-packed story of chases, fights and explosions.", "faster, more action, less boring",
        ("Action", "Adventure", "Thriller"), ("Drama",),
    ),
    "mind-bending": Mood(
        "mind bending, mindbending, mind blowing, mind bender, mindfuck, twisty, trippy, plot twist, plot twists, a twist, a big twist"
        "\nbig twist, twist ending, a twist ending, a plot twist, twists, mind twisting",
        "A mind-bending puzzle in which nothing is what it seems.", "twistier, trippier", ("Sci-Fi", "Mystery", "Thriller"),
    ),
    "clever": Mood(
        "clever, smart, intelligent, thought provoking, cerebral, deep, philosophical, profound, makes me think, make me think"
        "\nmakes you think, complex, intellectual",
        "A clever, thought-provoking story with ideas to talk about.", "cleverer, smarter, deeper", ("Drama", "Sci-Fi", "Mystery"),
    ),
    "weird": Mood(
        "weird, strange, quirky, surreal, bizarre, offbeat, absurd, eccentric, unusual, out there", "A strange, surreal and quirky story.",
        "weirder, stranger, quirkier", ("Fantasy", "Comedy"),
    ),
    "violent": Mood(
        "violent, gory, bloody, brutal, violence, gore, blood and guts", "A bloody, violent story of killing.",
        "gorier, bloodier", ("Horror", "Action", "War"), ("Family", "Children"),
    ),
    "epic": Mood("epic, sweeping, grand, larger than life, spectacular", "A sweeping epic of heroes and great events.", "", ("Adventure", "History", "War")),
    "inspiring": Mood(
        "inspiring, inspirational, motivational, motivating, empowering, encouraging", "Someone overcomes great odds and inspires others.",
        "", ("Biography", "Sport", "Drama"), ("Horror",),
    ),
    "cosy": Mood(
        "cosy, cozy, comforting, comfort, relaxing, soothing, gentle, snuggle up to, chill, feelgoody", "A gentle, cosy, comforting story.",
        "cosier, cozier, gentler", ("Family", "Comedy", "Romance"), ("Horror", "War", "Thriller"),
    ),
    "silly": Mood(
        "silly, stupid, goofy, dumb, zany, wacky, slapstick", "A silly, goofy farce full of slapstick.", "sillier, goofier, dumber",
        ("Comedy",), ("Drama", "War"),
    ),
    "sexy": Mood("sexy, steamy, erotic, sensual, hot", "A steamy story of desire and seduction.", "sexier, steamier", ("Romance", "Drama"), ("Family", "Children")),
    "nostalgic": Mood("nostalgic, old fashioned, wistful", "A nostalgic look back at youth and times gone by.", "", ("Drama", "Family")),
    "beautiful": Mood(
        "beautiful, visually stunning, beautifully shot, gorgeous, stunning, good looking, stylish",
        "A visually beautiful story of landscapes, colours and light.", "prettier",
    ),
    "serious": Mood("serious, weighty, important, hard hitting, powerful", "A serious, powerful story about real problems.", "", ("Drama", "History"), ("Comedy",)),
    "disturbing": Mood(
        "disturbing, unsettling, shocking, twisted, messed up, fucked up, sick", "A disturbing, unsettling story.", "", ("Horror", "Thriller"),
        ("Family", "Children", "Comedy"),
    ),
}  # fmt: skip


def mood_phrases() -> Iterator[tuple[str, str]]:
    """(what viewers say, key of the mood)."""
    return spread({name: mood.said for name, mood in MOODS.items()})


def comparative_phrases() -> Iterator[tuple[str, str]]:
    """(comparative such as "funnier", key of the mood)."""
    return spread({name: mood.more for name, mood in MOODS.items()})
