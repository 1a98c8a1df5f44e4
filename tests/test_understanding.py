"""Sentences as viewers say them, and the plan each must be understood to mean.

The plans are written in a shorthand: filters as `name=values`; wishes as `~kind value` (`~not` to keep
away); comparisons as `+funny` and `-runtime`; then titles, themes to avoid, order, number, and the query.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from movies.movie import Movie
from rag.plan import Plan
from rag.reading.names import Vocabulary
from rag.reading.understanding import understand
from tests.films import FILMS, catalogue

TODAY = date(2025, 6, 1)
_SENTENCES = """
a comedy => genres_all=Comedy
comedies => genres_all=Comedy
I'd like a western tonight => genres_all=Western
an action movie => genres_all=Action
any good thrillers? => genres_all=Thriller
sci-fi => genres_all=Sci-Fi
science fiction films => genres_all=Sci-Fi
film noir => query=film noir
a whodunnit => genres_all=Mystery
a biopic => genres_all=Biography
a documentary => genres_all=Documentary
docs about penguins => genres_all=Documentary; query=penguins
an anime => genres_all=Animation
cartoons for my daughter => genres_any=Family; genres_all=Animation
rom-com => genres_all=Romance,Comedy
a romcom from the nineties => genres_all=Romance,Comedy; year_min=1990; year_max=1999
a romantic comedy => genres_all=Romance,Comedy
thriller or horror => genres_any=Thriller,Horror
horror and thriller films => genres_any=Horror,Thriller
romantic comedies, thrillers and westerns => genres_any=Comedy,Thriller,Western; genres_all=Romance
crime thriller => genres_all=Crime,Thriller
action/adventure => genres_any=Action,Adventure
a mix of horror and comedy => genres_all=Horror,Comedy
both horror and comedy => genres_all=Horror,Comedy
a comedy with some romance => genres_all=Comedy,Romance
a romantic comedy or drama => genres_any=Comedy,Drama; genres_all=Romance
musicals or animated films => genres_any=Musical,Animation
I like drama and war films => genres_any=Drama,War
a horor movie => genres_all=Horror
commedy from the eighties => genres_all=Comedy; year_min=1980; year_max=1989
a thriler with a twist => genres_all=Thriller; ~mood mind-bending
documentery about climbing => genres_all=Documentary; query=climbing
a war film => genres_all=War
a film about war => query=war
a family film => genres_all=Family
a film about a family torn apart => query=family torn apart
a war veteran comes home => query=war veteran comes home
the musical with the nuns => genres_all=Musical; query=nuns
something like horror => genres_all=Horror
a superhero film => query=superhero
a spy thriller => genres_all=Thriller; query=spy
zombie comedies => genres_all=Comedy; query=zombie
no horror => genres_none=Horror
not a musical => genres_none=Musical
not a musical please => genres_none=Musical
nothing scary => genres_none=Horror
without romance => genres_none=Romance
anything but superheroes => avoid=superheroes
everything except westerns => genres_none=Western
I don't want animation => genres_none=Animation
I hate musicals => genres_none=Musical
my wife hates horror => genres_none=Horror
I dislike war films => genres_none=War
I'm tired of superheroes => avoid=superheroes
non-horror => genres_none=Horror
a non-animated family film => genres_all=Family; genres_none=Animation
I don't really enjoy war movies. I much prefer horror => genres_all=Horror; genres_none=War
i dont want animation => genres_none=Animation
I could go for a romantic comedy maybe => ~genre Romance; ~genre Comedy
No I haven't. Never heard of it =>
no horror or war => genres_none=Horror,War
no horror, war or romance => genres_none=Horror,War,Romance
no horror but thrillers are fine => genres_none=Horror; ~genre Thriller
no horror, just comedies => genres_all=Comedy; genres_none=Horror
no horror, comedy please => genres_all=Comedy; genres_none=Horror
not a western, a thriller => genres_all=Thriller; genres_none=Western
nothing scary, sad or violent => genres_none=Horror; ~not mood sad; ~not mood violent
nothing scary, something light => genres_none=Horror; ~mood light
horror is not my thing => genres_none=Horror
horror isn't for me => genres_none=Horror
no romantic comedies => avoid=romantic comedies
no zombies => avoid=zombies
no zombies or vampires, please => avoid=zombies,vampires
a thriller without gore => genres_all=Thriller; ~not mood violent
a war film, but no gore => genres_all=War; ~not mood violent
a comedy, no talking animals => genres_all=Comedy; avoid=talking animals
anything except Titanic => exclude=titanic-1997
nothing with Tom Cruise => people_none=Tom Cruise
I don't mind horror =>
it doesn't have to be a comedy =>
not just comedies => genres_all=Comedy
no idea what to watch =>
from 1995 => year_min=1995; year_max=1995
in 1995 => year_min=1995; year_max=1995
a film from the 90s => year_min=1990; year_max=1999
a 90s thriller => genres_all=Thriller; year_min=1990; year_max=1999
90's comedies => genres_all=Comedy; year_min=1990; year_max=1999
1990s dramas => genres_all=Drama; year_min=1990; year_max=1999
nineties comedies => genres_all=Comedy; year_min=1990; year_max=1999
the eighties => year_min=1980; year_max=1989
late 80s horror => genres_all=Horror; year_min=1986; year_max=1989
early 2000s => year_min=2000; year_max=2004
mid-90s action => genres_all=Action; year_min=1993; year_max=1997
before 1980 => year_max=1979
after 2000 => year_min=2001
since 2010 => year_min=2010
between 1990 and 1999 => year_min=1990; year_max=1999
1990-1999 => year_min=1990; year_max=1999
1990 to 1999 => year_min=1990; year_max=1999
films from 1975 to 1985 => year_min=1975; year_max=1985
from the 70s or 80s => year_min=1970; year_max=1989
70s and 80s horror => genres_all=Horror; year_min=1970; year_max=1989
the last ten years => year_min=2015; year_max=2025
from the past five years => year_min=2020; year_max=2025
this year's films => year_min=2025; year_max=2025
from the last decade => year_min=2015; year_max=2025
not older than 2000 => year_min=2000
nothing older than 2000 => year_min=2000
older than 1960 => year_max=1959
newer than 2015 => year_min=2016
2015 or newer => year_min=2015
from 2010 onwards => year_min=2010
no films from before 1970 => year_min=1970
pre-1960 westerns => genres_all=Western; year_max=1959
not from the 80s => ~not years 1980–1989
20th century films => year_min=1901; year_max=2000
something recent => ~years 2020–
recent thrillers => genres_all=Thriller; ~years 2020–
an old film => ~years –1985
a classic western => genres_all=Western; ~years –1995
something old but not black and white => ~years –1985; avoid=black and white
films from 1917 => year_min=1917; year_max=1917
soldiers in 1917 => query=soldiers in 1917
a film set in the 1950s => query=set in the 1950s
a film about robots from the 80s => year_min=1980; year_max=1989; query=robots
a film set in Paris in 1942 => query=set in Paris in 1942
made in 1979 => year_min=1979; year_max=1979
around 1990 => year_min=1988; year_max=1992
films of 1994 => year_min=1994; year_max=1994
a film by Hitchcock from before 1960 => year_max=1959; people=Alfred Hitchcock
under two hours => runtime_max=120
less than 90 minutes => runtime_max=90
at most 1h40 => runtime_max=100
1 h 40 min max => runtime_max=100
shorter than 100 min => runtime_max=100
over 3 hours => runtime_min=180
around 90 minutes => runtime_min=80; runtime_max=100
between 90 and 120 minutes => runtime_min=90; runtime_max=120
90-120 min => runtime_min=90; runtime_max=120
no longer than 2h => runtime_max=120
nothing over two hours => runtime_max=120
at least two and a half hours => runtime_min=150
a two hour film => runtime_min=108; runtime_max=132
we have two hours => runtime_max=120
I only have 90 minutes => runtime_max=90
an hour and a half at most => runtime_max=90
not too long => ~runtime –110
nothing too long => ~runtime –110
something short => ~runtime –95
a short comedy => genres_all=Comedy; ~runtime –95
a long epic => ~runtime 150–; ~mood epic
runtime under 100 => runtime_max=100
stuck in a lift for two hours => query=stuck in a lift for two hours
rated above 8 => rating_min=8
at least 7.5 stars => rating_min=7.5
4 out of 5 stars => rating_min=8
rated 8 or higher => rating_min=8
imdb rating over 7.5 => rating_min=7.5
a thriller with a rating of at least 8 => genres_all=Thriller; rating_min=8
8+ on imdb => rating_min=8
well rated dramas => genres_all=Drama; ~rating 7–
highly rated sci-fi => genres_all=Sci-Fi; ~rating 7–
with Tom Hanks => people=Tom Hanks
starring Sandra Bullock => people=Sandra Bullock
by Kubrick => people=Stanley Kubrick
directed by Sofia Coppola => people=Sofia Coppola
Hitchcock films => people=Alfred Hitchcock
a Scorsese film => people=Martin Scorsese
Tarantino movies from the 90s => year_min=1990; year_max=1999; people=Quentin Tarantino
without Tom Cruise => people_none=Tom Cruise
no Adam Sandler => people_none=Adam Sandler
nothing by Tarantino => people_none=Quentin Tarantino
comedies without Adam Sandler => genres_all=Comedy; people_none=Adam Sandler
with Tom Hanks and Meg Ryan => people=Tom Hanks,Meg Ryan
Tom Hanks or Meg Ryan => people_any=Tom Hanks,Meg Ryan
a not too long scary film => ~runtime –110; ~mood scary
a less scary horror film => genres_all=Horror; -scary
with Pacino and De Niro => people=Al Pacino,Robert De Niro
Leonardo di Caprio => people=Leonardo DiCaprio
something by Tarrantino => people=Quentin Tarantino
with Leonardo DiCapro => people=Leonardo DiCaprio
directed by Scorcese => people=Martin Scorsese
movies with scarlet johansson => people=Scarlett Johansson
a film with drew barrymore => people=Drew Barrymore
Bong Joon-ho => people=Bong Joon-ho
Joon-ho Bong films => people=Bong Joon-ho
Miyazaki's films => people=Hayao Miyazaki
anything by miyazaki => people=Hayao Miyazaki
with Jack Black => people=Jack Black
a Colin Hanks film => query=Colin Hanks
a film about Will and his dog => query=Will and his dog
with love and laughter => query=love and laughter
school kids who rock => query=school kids who rock
a documentary about Alfred Hitchcock => genres_all=Documentary; query=Alfred Hitchcock
a Clint Eastwood western => genres_all=Western; people=Clint Eastwood
a French film => languages=fr
films in French => languages=fr
french comedies from the 60s => genres_all=Comedy; year_min=1960; year_max=1969; languages=fr
a Korean thriller => genres_all=Thriller; languages=ko
from Brazil => countries=Brazil
films from France => countries=France
Italian or Spanish => languages=it,es
German or Japanese films from the 60s => year_min=1960; year_max=1969; languages=de,ja
French or Brazilian films => countries=France,Brazil
British comedy => genres_all=Comedy; countries=United Kingdom
a British film => countries=United Kingdom
nothing older than 1917 => year_min=1917
Scandinavian crime => genres_all=Crime; languages=sv,da,no
no subtitles => languages=en
nothing with subtitles => languages=en
I don't mind subtitles =>
Bollywood musicals => genres_all=Musical; languages=hi
an Iranian drama => genres_all=Drama; countries=Iran
a film about a French chef => query=French chef
a comedy about a French chef => genres_all=Comedy; query=French chef
a French revolution drama => genres_all=Drama; query=French revolution
Korean war films => query=Korean war
a Mexican standoff => query=Mexican standoff
an Indian musical => genres_all=Musical; countries=India
English language drama => genres_all=Drama; languages=en
with a poster => has_poster=True
films that have a poster => has_poster=True
without a poster => has_poster=False
like Heat => like=heat-1995
something like Heat but funnier => +funny; like=heat-1995
similar to The Matrix and Inception => like=the-matrix-1999,inception-2010
films such as Alien, Aliens and The Thing => like=alien-1979,aliens-1986,the-thing-1982
like Alien (1979) => like=alien-1979
like "Up" => like=up-2009
like Up => like=up-2009
films like up => like=up-2009
like Her => like=her-2013
is Her any good => query=Her
have you got 1917? => query=1917
do you have up? => query=up
like 300 => like=300-2006
like 2001 => like=2001-a-space-odyssey-1968
like 10 Things I Hate About You => like=10-things-i-hate-about-you-1999
like the good, the bad and the ugly but shorter => -runtime; like=the-good-the-bad-and-the-ugly-1966
like The War of the Worlds => like=the-war-of-the-worlds-1953
like Seven => like=se7en-1995
like Se7en => like=se7en-1995
like The Matrx => like=the-matrix-1999
like amelie => like=amelie-2001
like Blade Runner => like=Blade Runner
like a fairy tale => query=fairy tale
like it but funnier => +funny
I loved Frozen => like=frozen-2013
I loved Spirited Away and My Neighbor Totoro => like=spirited-away-2001,my-neighbor-totoro-1988
films like Titanic but without Leonardo DiCaprio => people_none=Leonardo DiCaprio; like=titanic-1997
not like Titanic => unlike=titanic-1997
nothing like Scary Movie => unlike=scary-movie-2000
I've already seen Heat and Drive => exclude=heat-1995,drive-2011
not Titanic => exclude=titanic-1997
funnier than Heat => +funny; like=heat-1995
Heat => query=Heat
heat => query=heat
1917 => query=1917
the italian job => query=the italian job
Alien (1979) => query=Alien (1979)
heat 1995 => query=heat 1995
find The Italian Job => query=The Italian Job
was The Italian Job any good => query=The Italian Job
M => query=M
it => query=it
cheer me up => ~mood feel-good
a film about her life => query=her life
I want to drive home and watch something => query=drive home
frozen lake thriller => genres_all=Thriller; query=frozen lake
three comedies => genres_all=Comedy; k=3
give me 5 => k=5
give me 5 french thrillers => genres_all=Thriller; languages=fr; k=5
a couple of westerns => genres_all=Western; k=2
top 20 horror films => genres_all=Horror; ~rating 7–; k=20
one film for tonight => k=1
recommend me two documentaries => genres_all=Documentary; k=2
show me ten films from the 90s => year_min=1990; year_max=1999
newest first => sort=newest
the newest thrillers => genres_all=Thriller; sort=newest
the oldest western => genres_all=Western; sort=oldest
most recent korean films => languages=ko; sort=newest
the shortest documentary => genres_all=Documentary; sort=shortest
best rated comedies => genres_all=Comedy; sort=rating
highest grossing action films => genres_all=Action; sort=revenue
comedies sorted by rating => genres_all=Comedy; sort=rating
something funny => ~mood funny
a funny film => ~mood funny
something feel-good => ~mood feel-good
a dark comedy => genres_all=Comedy; ~mood dark
a dark and gritty thriller => genres_all=Thriller; ~mood dark; ~mood gritty
make me cry => ~mood sad
make me laugh => ~mood funny
something uplifting => ~mood feel-good
a tense thriller => genres_all=Thriller; ~mood tense
a slow burn horror => genres_all=Horror; ~mood slow
something mind-bending => ~mood mind-bending
something romantic => ~mood romantic
a romantic film => genres_all=Romance
a scary movie => ~mood scary
not too scary => ~not mood scary
not very sad => ~not mood sad
less violent => -violent
more romantic => +romantic
funnier => +funny
shorter => -runtime
something older => -year
lighter please => +light
too long => -runtime
too scary => -scary
a bit funnier and newer => +funny; +year
for kids => genres_any=Family
a film for the whole family => genres_any=Family
family friendly => genres_any=Family
a movie for my kids about dragons => genres_any=Family; query=dragons
not for kids => genres_none=Family
hidden gems => -popularity
a heist that goes wrong => query=heist that goes wrong
can you please find me a film about a heist that goes wrong => query=heist that goes wrong
I'm in the mood for something with dragons tonight => query=dragons
we want to watch a movie about chess with my wife => query=chess
a lonely robot on a desert island => query=lonely robot on a desert island
a film where nobody survives => query=nobody survives
two strangers who meet on a train in Vienna => query=two strangers who meet on a train in Vienna
a film about a lonely robot, under two hours, no horror => genres_none=Horror; runtime_max=120; query=lonely robot
a film about a robot that makes me cry => ~mood sad; query=robot
a man with no name => query=man with no name
about a man who has no family => genres_none=Family; query=man
a girl who wants a horse => query=girl who wants a horse
maybe a comedy => ~genre Comedy
I think from the 80s => ~years 1980–1989
from the 80s I think => ~years 1980–1989
a film about a boxer, Robert De Niro I think => ~person Robert De Niro; query=boxer
a film about a boxer with Robert De Niro => people=Robert De Niro; query=boxer
a comedy but not longer than 2h30 => genres_all=Comedy; runtime_max=150
nothing sad or over two hours => runtime_max=120; ~not mood sad
comedies with Bill Murray maybe => genres_all=Comedy; people=Bill Murray
preferably under two hours => ~runtime –120
ideally a western => ~genre Western
a comedy, if possible from the 90s => genres_all=Comedy; ~years 1990–1999
thrillers are fine => ~genre Thriller
a French romantic comedy from the 2000s under two hours with Audrey Tautou =>
    genres_all=Romance,Comedy; year_min=2000; year_max=2009; runtime_max=120; languages=fr; people=Audrey Tautou
funny sci-fi with aliens, nothing scary, under 100 minutes =>
    genres_all=Sci-Fi; genres_none=Horror; runtime_max=100; ~mood funny; query=aliens
a 70s crime film with Al Pacino, not too long =>
    genres_all=Crime; year_min=1970; year_max=1979; people=Al Pacino; ~runtime –110
I'd like something like Parasite, but less violent and from the last twenty years =>
    year_min=2005; year_max=2025; -violent; like=parasite-2019
hello =>
thanks =>
please =>
something =>
a quiet, slow drama from Japan, under two and a half hours => genres_all=Drama; runtime_max=150; countries=Japan; ~mood slow
Can you recommend three scary films for Halloween? => ~mood scary; k=3; query=Halloween
show me something with robots but not animated => genres_none=Animation; query=robots
I want a film that is funny and not too long => ~mood funny; ~runtime –110
what have you got with Sigourney Weaver in it? => people=Sigourney Weaver
who directed The Departed? => query=The Departed
tell me about Parasite => query=Parasite
films where the dog survives => query=dog survives
a movie in which a heist goes wrong => query=heist goes wrong
a thriller set during the cold war => genres_all=Thriller; query=set during the cold war
not a comedy and not a musical => genres_none=Comedy,Musical
neither horror nor war => genres_none=Horror,War
I don't like horror, thrillers or war films => genres_none=Horror,Thriller,War
something other than drama => genres_none=Drama
a drama, but without romance or war => genres_all=Drama; genres_none=Romance,War
I want to laugh, nothing sad => ~mood funny; ~not mood sad
no superheroes please, and nothing animated => genres_none=Animation; avoid=superheroes
a film without Adam Sandler or Tom Cruise => people_none=Adam Sandler,Tom Cruise
French but not a drama => genres_none=Drama; languages=fr
Spanish-language thrillers => genres_all=Thriller; languages=es
Hong Kong action => genres_all=Action; countries=Hong Kong
an Australian film => countries=Australia
films from the US from the seventies => year_min=1970; year_max=1979; countries=United States
films from the UK or Ireland => countries=United Kingdom,Ireland
anything in Portuguese => languages=pt
crime films from South Korea after 2000 => genres_all=Crime; year_min=2001; countries=South Korea
post-apocalyptic sci-fi => genres_all=Sci-Fi; query=post-apocalyptic
coming of age drama => genres_all=Drama; query=coming of age
time travel => query=time travel
strong female lead => query=strong female lead
based on a true story => query=based on a true story
a feel-good movie for a rainy sunday => ~mood feel-good; query=rainy sunday
easy to watch after work => ~mood light
I have seen Alien, what else is there like it? => exclude=alien-1979
more like The Shining => like=the-shining-1980
something in the vein of Pulp Fiction => like=pulp-fiction-1994
a cross between Alien and The Thing => like=alien-1979,the-thing-1982
fans of Amélie => like=amelie-2001
if you liked Her => like=her-2013
I'm a fan of Hitchcock => people=Alfred Hitchcock
Nolan => people=Christopher Nolan
Tom Hanks => people=Tom Hanks
tom hanks comedies => genres_all=Comedy; people=Tom Hanks
a western with Clint Eastwood or Henry Fonda => genres_all=Western; people_any=Clint Eastwood,Henry Fonda
with Morgan Freeman, Brad Pitt and Kevin Spacey => people=Morgan Freeman,Brad Pitt,Kevin Spacey
movies with will smith => people=Will Smith
will there be any good movies =>
films by the sea => query=sea
a story of love and war => query=love and war
a history of violence => query=history of violence
adventure in the jungle => genres_all=Adventure; query=jungle
sport => genres_all=Sport
family => genres_all=Family
war => genres_all=War
action => genres_all=Action
music documentaries => genres_all=Music,Documentary
films about music => query=music
a music film => genres_all=Music
historical drama => genres_all=History,Drama
romantic drama from the 40s => genres_all=Romance,Drama; year_min=1940; year_max=1949
classic horror films from before 1970 => genres_all=Horror; year_max=1969; ~years –1995
the best films of the 2000s => year_min=2000; year_max=2009; ~rating 7–
best comedies ever made => genres_all=Comedy; ~rating 7–
most popular films => sort=popularity
top rated => sort=rating
the longest film you have => sort=longest
highest grossing film of 1997 => year_min=1997; year_max=1997; sort=revenue
five films under 100 minutes => runtime_max=100; k=5
12 monkeys in a lab => query=12 monkeys in a lab
two cops in a car => query=two cops in a car
seven samurai => query=seven samurai
a film called Heat => query=Heat
"Frozen" => query="Frozen"
something like 'Drive' please => like=drive-2011
I didn't like Titanic => unlike=titanic-1997
anything like Frozen? => like=frozen-2013
unlike The Shining => unlike=the-shining-1980
as good as Casablanca => like=casablanca-1942
older than Casablanca => -year; like=casablanca-1942
is there anything like La La Land from the 50s? => year_min=1950; year_max=1959; like=la-la-land-2016
Once upon a time in the west => query=Once upon a time in the west
who is in Heat => query=Heat
2001: a space odyssey => query=2001: a space odyssey
Spirited away or Totoro => query=Spirited away or Totoro
toy story 2 => query=toy story 2
The Godfather Part 2 => query=The Godfather Part 2
godfather part ii => query=godfather part ii
mission impossible => query=mission impossible
singin in the rain => query=singin in the rain
"""


def shorthand(plan: Plan) -> str:
    """A plan in one line that is easy to read and to write."""
    chosen = plan.chosen()

    def spelt(value: object) -> str:
        if isinstance(value, list | tuple):
            joint = "–" if isinstance(value, tuple) else ","
            return joint.join("" if part is None else spelt(part) for part in value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    parts = [f"{name}={spelt(value)}" for name, value in chosen.get("filters", {}).items()]
    parts += [f"{'~' if wish.weight > 0 else '~not '}{wish.kind} {spelt(wish.value)}" for wish in plan.soft]
    parts += [f"{'+' if relative.direction > 0 else '-'}{relative.name or relative.kind}" for relative in plan.relative]
    parts += [
        f"{name}={spelt(chosen[name])}"
        for name in ("like", "unlike", "exclude", "avoid", "sort", "k", "query")
        if name in chosen
    ]
    return "; ".join(parts)


def _read_table() -> list[tuple[str, str]]:
    lines = _SENTENCES.strip().replace("=>\n    ", "=> ").splitlines()
    halves = (line.partition(" =>") for line in lines)
    return [(sentence, expected.strip()) for sentence, _, expected in halves]


TABLE = _read_table()


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.of(catalogue(tmp_path_factory.mktemp("films")))


def test_the_table_is_worth_its_name() -> None:
    sentences = [sentence for sentence, _ in TABLE]
    assert len(set(sentences)) == len(sentences) >= 300


@pytest.mark.parametrize(("sentence", "expected"), TABLE, ids=[sentence for sentence, _ in TABLE])
def test_sentence_is_understood(sentence: str, expected: str, vocabulary: Vocabulary) -> None:
    read = understand(sentence, vocabulary, TODAY)
    assert shorthand(read.plan) == expected
    assert not read.tip_of_the_tongue


@pytest.mark.parametrize(
    ("sentence", "filters"),
    [
        ("a crime film of not over two and a quarter hours", {"genres_all": ["Crime"], "runtime_max": 135}),
        ("95 minutes at the very most", {"runtime_max": 95}),
        ("a drama from this millennium", {"genres_all": ["Drama"], "year_min": 2000}),
        ("romance, twenty-first century", {"genres_all": ["Romance"], "year_min": 2000}),
        ("nothing gory or older than 1970", {"year_min": 1970}),
        ("films not three hours long", {"runtime_max": 162}),
        ("films with Leo DiCaprio", {"people": ["Leonardo DiCaprio"]}),
        ("English spoken comedies", {"genres_all": ["Comedy"], "languages": ["en"]}),
        ("westerns, no spaghetti westerns", {"genres_all": ["Western"]}),
        ("crime series or films from Italy", {"genres_all": ["Crime"], "countries": ["Italy"]}),
        ("westerns, rated at least 7", {"genres_all": ["Western"], "rating_min": 7.0}),
        ("rated at least 6.5 please", {"rating_min": 6.5}),
        ("something in Welsh", {"languages": ["cy"], "countries": None}),
        ("films of three hours or more that are in English", {"runtime_min": 180, "languages": ["en"]}),
    ],
)
def test_further_ways_to_say_it(sentence: str, filters: dict[str, Any], vocabulary: Vocabulary) -> None:
    found = understand(sentence, vocabulary, TODAY).plan.filters.chosen()
    assert {name: found.get(name) for name in filters} == filters
    assert "genres_none" not in found


def test_plus_asks_for_something_behind_a_refusal(vocabulary: Vocabulary) -> None:
    filters = understand("no horror, plus a bit of romance", vocabulary, TODAY).plan.filters
    assert filters.chosen() == {"genres_all": ["Romance"], "genres_none": ["Horror"]}


@pytest.mark.parametrize("sentence", ["foreign films", "films not in English", "a non-English film", "subtitled films"])
def test_foreign_means_every_language_but_english(sentence: str, vocabulary: Vocabulary) -> None:
    others = {film.language for film in FILMS} - {"en"}
    assert set(understand(sentence, vocabulary).plan.filters.languages) == others


def test_a_refused_country_or_language_leaves_all_others(vocabulary: Vocabulary) -> None:
    countries = {country for film in FILMS for country in film.countries}
    assert set(understand("not American", vocabulary).plan.filters.countries) == countries - {"United States"}
    assert "fr" not in understand("nothing French", vocabulary).plan.filters.languages


def test_spans_say_which_words_a_part_was_read_from(vocabulary: Vocabulary) -> None:
    read = understand("a French comedy under two hours with Audrey Tautou", vocabulary)
    assert [(span.text, span.field, span.value) for span in read.spans] == [
        ("French", "languages", ("fr",)),
        ("comedy", "genres", ("Comedy",)),
        ("under two hours", "runtime_max", 120),
        ("Audrey Tautou", "people", "Audrey Tautou"),
    ]


def test_mentions_are_resolved_and_those_that_are_not_say_so(vocabulary: Vocabulary) -> None:
    read = understand("something like Heat and Blade Runner", vocabulary)
    assert [(mention.text, [film.id for film in mention.films]) for mention in read.mentions] == [
        ("Heat", ["heat-1995", "the-heat-2013"]),
        ("Blade Runner", []),
    ]
    assert read.plan.like == ("heat-1995", "Blade Runner")


def test_a_title_with_a_year_means_that_film(vocabulary: Vocabulary) -> None:
    assert understand("like Heat (2013)", vocabulary).plan.like == ("the-heat-2013",)
    assert understand("like The Heat", vocabulary).plan.like == ("the-heat-2013",)


def test_the_words_of_an_anchor_are_no_constraint(vocabulary: Vocabulary) -> None:
    for title in (
        "The War of the Worlds",
        "Scary Movie",
        "The Italian Job",
        "2001: A Space Odyssey",
        "10 Things I Hate About You",
        "1917",
    ):
        plan = understand(f"films like {title}", vocabulary).plan
        assert len(plan.like) == 1, title
        assert not plan.filters, title
        assert not plan.query, title


def test_every_film_is_found_as_an_anchor(vocabulary: Vocabulary) -> None:
    missed = [film.title for film in FILMS if film.id not in understand(f"films like {film.label}", vocabulary).plan.like]
    assert missed == []


def test_every_person_is_found_by_full_name(vocabulary: Vocabulary) -> None:
    people = {name for film in FILMS for name in film.people}
    missed = [name for name in people if name not in understand(f"a film with {name}", vocabulary).plan.filters.people]
    assert missed == []


def test_a_documentary_named_after_somebody_does_not_take_the_name(tmp_path: Path) -> None:
    made = catalogue(tmp_path)
    made.add([Movie(id="doc", title="Alfred Hitchcock: A Life", genres=("Documentary",)), Movie(id="shy", title="Meg Ryan")])
    names = Vocabulary.of(made)
    assert understand("What have you got from Alfred Hitchcock?", names).plan.filters.people == ("Alfred Hitchcock",)
    assert [film.id for film in names.films_named("Alfred Hitchcock: A Life")] == ["doc"]
    assert [film.id for film in names.films_named("meg ryan")] == ["shy"]


def test_a_first_name_means_its_best_known_bearer(tmp_path: Path) -> None:
    made = catalogue(tmp_path)
    made.add([Movie(id=f"k{n}", title=f"Part {n}", cast=("Keanu Reeves",)) for n in range(6)])
    made.add(
        [Movie(id="other", title="Whisper", cast=("Keanu Smithson",)), Movie(id="third", title="Shout", cast=("Ann Keanu",))]
    )
    names = Vocabulary.of(made)
    assert understand("something with keanu", names).plan.filters.people == ("Keanu Reeves",)
    assert understand("keanu. rated 7+", names).plan.filters.people == ("Keanu Reeves",)
    assert "Keanu Reeves" not in understand("not keanu coltrane", names).plan.filters.people_none


def test_two_bearers_of_a_surname_need_a_first_name(vocabulary: Vocabulary) -> None:
    plan = understand("directed by Coppola", vocabulary).plan
    assert plan.filters.people == ()
    assert plan.query == "Coppola"


def test_a_constraint_the_catalogue_cannot_check_stays_in_the_query(tmp_path: Path) -> None:
    made = catalogue(tmp_path)
    made.remove([film.id for film in FILMS])
    made.add([film.model_copy(update={"language": None, "countries": (), "genres": ("Drama",)}) for film in FILMS[:3]])
    plan = understand("a French western", Vocabulary.of(made)).plan
    assert not plan.filters
    assert plan.query == "French western"


def test_an_age_rating_is_noted(vocabulary: Vocabulary) -> None:
    assert "age ratings" in understand("a PG-13 comedy", vocabulary).notes[0]
    assert understand("a comedy", vocabulary).notes == ()
