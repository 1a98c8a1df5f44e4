"""Some sixty real films, written by hand for tests: their facts are public, their plots our own words.

Chosen for what trips a parser: titles that are ordinary words or numbers (Up, Her, It, M, 300, 1917),
near-twins (Heat and The Heat, Alien and Aliens), many genres, languages and decades.
"""

from __future__ import annotations

import re
from pathlib import Path

from movies.catalogue import Catalogue
from movies.movie import Movie
from movies.vocabulary import fold

_COUNTRIES = {
    "US": "United States", "GB": "United Kingdom", "FR": "France", "DE": "Germany", "IT": "Italy", "JP": "Japan",
    "KR": "South Korea", "ES": "Spain", "BR": "Brazil", "MX": "Mexico", "SE": "Sweden", "DK": "Denmark", "IR": "Iran",
    "IN": "India", "AU": "Australia", "NZ": "New Zealand", "HK": "Hong Kong", "CA": "Canada", "AR": "Argentina",
}  # fmt: skip

# title | year | minutes | rating | million dollars taken | genres | language | countries
#     directors | cast
#     plot
_TABLE = """
Heat|1995|170|8.3|187|Action, Crime, Drama|en|US
    Michael Mann|Al Pacino, Robert De Niro, Val Kilmer, Ashley Judd
    A tireless Los Angeles detective hunts a careful thief whose crew is planning one last bank job.
The Heat|2013|117|6.6|230|Action, Comedy, Crime|en|US
    Paul Feig|Sandra Bullock, Melissa McCarthy
    An uptight agent and a foul-mouthed Boston cop must work together to bring down a drug lord.
Alien|1979|117|8.5|106|Horror, Sci-Fi|en|GB, US
    Ridley Scott|Sigourney Weaver, Tom Skerritt, John Hurt
    The crew of a towing ship answers a distress signal and brings something deadly aboard.
Aliens|1986|137|8.4|131|Action, Adventure, Sci-Fi|en|GB, US
    James Cameron|Sigourney Weaver, Michael Biehn, Bill Paxton
    The sole survivor returns with a squad of marines to a colony that has gone silent.
Up|2009|96|8.3|735|Animation, Adventure, Comedy, Family|en|US
    Pete Docter|Ed Asner, Christopher Plummer
    A widower ties balloons to his house and floats to South America with a young stowaway.
Se7en|1995|127|8.6|327|Crime, Mystery, Thriller|en|US
    David Fincher|Brad Pitt, Morgan Freeman, Gwyneth Paltrow, Kevin Spacey
    Two detectives follow a killer who stages his murders after the deadly sins.
10 Things I Hate About You|1999|97|7.3|53|Comedy, Drama, Romance|en|US
    Gil Junger|Heath Ledger, Julia Stiles, Joseph Gordon-Levitt
    A boy is paid to date a prickly girl so that her younger sister may go out too.
1917|2019|119|8.2|384|Drama, War|en|GB, US
    Sam Mendes|George MacKay, Dean-Charles Chapman, Colin Firth
    Two soldiers cross enemy land against the clock to call off a doomed attack.
Her|2013|126|8.0|47|Drama, Romance, Sci-Fi|en|US
    Spike Jonze|Joaquin Phoenix, Scarlett Johansson, Amy Adams
    A lonely writer falls in love with the voice of his operating system.
It|2017|135|7.3|701|Horror|en|US
    Andy Muschietti|Bill Skarsgård, Jaeden Martell, Finn Wolfhard
    Seven children face an evil that takes the shape of a clown.
M|1931|117|8.3|1|Crime, Mystery, Thriller|de|DE
    Fritz Lang|Peter Lorre, Ellen Widmann
    Police and underworld alike hunt a murderer of children in Berlin.
300|2006|117|7.6|456|Action, Drama|en|US
    Zack Snyder|Gerard Butler, Lena Headey, Michael Fassbender
    A handful of Spartans hold a narrow pass against an enormous army.
2001: A Space Odyssey|1968|149|8.3|66|Adventure, Sci-Fi|en|GB, US
    Stanley Kubrick|Keir Dullea, Gary Lockwood
    After a black slab is found on the Moon, a ship and its talking computer set out for Jupiter.
Drive|2011|100|7.8|81|Action, Crime, Drama|en|US
    Nicolas Winding Refn|Ryan Gosling, Carey Mulligan, Oscar Isaac
    A stunt driver who moonlights at the wheel of getaway cars tries to protect his neighbour.
Frozen|2013|102|7.4|1280|Animation, Adventure, Comedy, Family, Musical|en|US
    Chris Buck, Jennifer Lee|Kristen Bell, Idina Menzel, Josh Gad
    A princess sets out over the ice to find her sister, whose magic has brought endless winter.
Titanic|1997|194|7.9|2264|Drama, Romance|en|US
    James Cameron|Leonardo DiCaprio, Kate Winslet, Billy Zane
    A poor artist and a rich young woman fall in love on a doomed ocean liner.
Amélie|2001|122|8.3|174|Comedy, Romance|fr|FR, DE
    Jean-Pierre Jeunet|Audrey Tautou, Mathieu Kassovitz
    A shy waitress in Montmartre secretly mends the lives of the people around her.
Spirited Away|2001|125|8.6|395|Animation, Adventure, Family, Fantasy|ja|JP
    Hayao Miyazaki|Rumi Hiiragi, Miyu Irino
    A girl must work in a bathhouse of spirits to win back her parents.
Parasite|2019|132|8.5|262|Comedy, Drama, Thriller|ko|KR
    Bong Joon-ho|Song Kang-ho, Choi Woo-shik, Park So-dam
    A poor family talks its way, one by one, into the household of a rich one.
Toy Story|1995|81|8.3|394|Animation, Adventure, Comedy, Family|en|US
    John Lasseter|Tom Hanks, Tim Allen
    A cowboy doll is jealous of the space ranger who takes his place in the nursery.
Toy Story 2|1999|92|7.9|511|Animation, Adventure, Comedy, Family|en|US
    John Lasseter|Tom Hanks, Tim Allen, Joan Cusack
    The toys cross town to save their friend from a collector.
The Godfather|1972|175|9.2|250|Crime, Drama|en|US
    Francis Ford Coppola|Marlon Brando, Al Pacino, James Caan, Diane Keaton
    The youngest son of a mafia family is drawn into its business.
The Godfather Part II|1974|202|9.0|48|Crime, Drama|en|US
    Francis Ford Coppola|Al Pacino, Robert De Niro, Diane Keaton
    The rise of a father and the fall of his son, told side by side.
Casablanca|1942|102|8.5|4|Drama, Romance, War|en|US
    Michael Curtiz|Humphrey Bogart, Ingrid Bergman
    A café owner meets the woman who left him and must choose between her and a cause.
Once Upon a Time in the West|1968|165|8.5|5|Western|en|IT, US
    Sergio Leone|Henry Fonda, Charles Bronson, Claudia Cardinale
    A stranger with a harmonica and a widow stand in the way of the railroad.
The Good, the Bad and the Ugly|1966|178|8.8|25|Adventure, Western|it|IT, ES
    Sergio Leone|Clint Eastwood, Eli Wallach, Lee Van Cleef
    Three gunmen race for gold buried in a graveyard.
Unforgiven|1992|130|8.2|159|Drama, Western|en|US
    Clint Eastwood|Clint Eastwood, Gene Hackman, Morgan Freeman
    A retired gunslinger takes one last job for money.
True Grit|2010|110|7.6|252|Drama, Western|en|US
    Ethan Coen, Joel Coen|Jeff Bridges, Matt Damon, Hailee Steinfeld
    A stubborn girl hires a drunken marshal to find her father's murderer.
The Shining|1980|146|8.4|46|Drama, Horror|en|GB, US
    Stanley Kubrick|Jack Nicholson, Shelley Duvall
    A writer looks after an empty hotel through the winter and loses his mind.
Psycho|1960|109|8.5|32|Horror, Mystery, Thriller|en|US
    Alfred Hitchcock|Anthony Perkins, Janet Leigh
    A runaway secretary stops at a lonely motel.
Vertigo|1958|128|8.3|8|Mystery, Romance, Thriller|en|US
    Alfred Hitchcock|James Stewart, Kim Novak
    A detective afraid of heights is obsessed with the woman he is paid to follow.
Get Out|2017|104|7.8|255|Horror, Mystery, Thriller|en|US
    Jordan Peele|Daniel Kaluuya, Allison Williams
    A young man meets the parents of his girlfriend and finds them far too friendly.
The Thing|1982|109|8.2|20|Horror, Mystery, Sci-Fi|en|US
    John Carpenter|Kurt Russell, Keith David
    At a research station in the ice, nobody can be sure who is still human.
Singin' in the Rain|1952|103|8.3|12|Comedy, Musical, Romance|en|US
    Stanley Donen, Gene Kelly|Gene Kelly, Debbie Reynolds, Donald O'Connor
    A silent film studio stumbles into the age of sound.
La La Land|2016|128|8.0|447|Comedy, Drama, Musical, Romance|en|US
    Damien Chazelle|Ryan Gosling, Emma Stone
    A jazz pianist and an actress fall in love while chasing their dreams.
The Sound of Music|1965|172|8.1|286|Biography, Drama, Family, Musical|en|US
    Robert Wise|Julie Andrews, Christopher Plummer
    A novice becomes governess to seven children and brings songs into the house.
Free Solo|2018|100|8.1|29|Documentary, Adventure, Sport|en|US
    Jimmy Chin, Elizabeth Chai Vasarhelyi|Alex Honnold
    A climber prepares to go up a sheer cliff without a rope.
Man on Wire|2008|94|7.7|5|Documentary, Crime, History|en|GB, US
    James Marsh|Philippe Petit
    How a tightrope walker crossed between two towers in the night.
March of the Penguins|2005|80|7.5|127|Documentary, Family|fr|FR
    Luc Jacquet|Morgan Freeman
    Emperor penguins walk across the ice to breed.
The Dark Knight|2008|152|9.0|1006|Action, Crime, Drama|en|US, GB
    Christopher Nolan|Christian Bale, Heath Ledger, Gary Oldman, Michael Caine
    A masked hero faces a criminal who wants nothing but chaos.
Inception|2010|148|8.8|839|Action, Adventure, Sci-Fi|en|US, GB
    Christopher Nolan|Leonardo DiCaprio, Joseph Gordon-Levitt, Elliot Page, Tom Hardy
    A thief who steals secrets from dreams is asked to plant an idea instead.
Spider-Man: Into the Spider-Verse|2018|117|8.4|384|Animation, Action, Adventure|en|US
    Bob Persichetti, Peter Ramsey|Shameik Moore, Hailee Steinfeld
    A teenager from Brooklyn learns that he is not the only one with the mask.
The Matrix|1999|136|8.7|467|Action, Sci-Fi|en|US, AU
    Lana Wachowski, Lilly Wachowski|Keanu Reeves, Laurence Fishburne, Carrie-Anne Moss
    A hacker discovers that the world he lives in is a simulation.
Oldboy|2003|120|8.4|15|Action, Drama, Mystery|ko|KR
    Park Chan-wook|Choi Min-sik, Yoo Ji-tae
    A man locked up for fifteen years is let go and wants to know why.
Seven Samurai|1954|207|8.6|1|Action, Drama|ja|JP
    Akira Kurosawa|Toshirō Mifune, Takashi Shimura
    A village hires swordsmen to defend its harvest from bandits.
My Neighbor Totoro|1988|86|8.1|41|Animation, Family, Fantasy|ja|JP
    Hayao Miyazaki|Noriko Hidaka, Chika Sakamoto
    Two sisters in the country befriend a spirit of the forest.
Tokyo Story|1953|136|8.2|1|Drama|ja|JP
    Yasujirō Ozu|Chishū Ryū, Setsuko Hara
    An old couple visits grown children who have little time for them.
The Intouchables|2011|112|8.5|426|Biography, Comedy, Drama|fr|FR
    Olivier Nakache, Éric Toledano|François Cluzet, Omar Sy
    A paralysed aristocrat hires a carer from the suburbs.
Breathless|1960|90|7.7|1|Crime, Drama|fr|FR
    Jean-Luc Godard|Jean-Paul Belmondo, Jean Seberg
    A small-time crook on the run hides with an American student in Paris.
City of God|2002|130|8.6|30|Crime, Drama|pt|BR, FR
    Fernando Meirelles, Kátia Lund|Alexandre Rodrigues, Leandro Firmino
    Two boys from a slum in Rio take different roads: one a photographer, one a dealer.
Central Station|1998|110|8.0|17|Drama|pt|BR, FR
    Walter Salles|Fernanda Montenegro, Vinícius de Oliveira
    A former teacher who writes letters for others travels with a boy in search of his father.
Pan's Labyrinth|2006|118|8.2|83|Drama, Fantasy, War|es|ES, MX
    Guillermo del Toro|Ivana Baquero, Sergi López, Maribel Verdú
    A girl escapes from a cruel stepfather into a maze of riddles.
Volver|2006|121|7.6|85|Comedy, Crime, Drama|es|ES
    Pedro Almodóvar|Penélope Cruz, Carmen Maura
    A mother seems to have come back from the dead to settle what she left undone.
The Secret in Their Eyes|2009|129|8.2|35|Drama, Mystery, Romance|es|AR, ES
    Juan José Campanella|Ricardo Darín, Soledad Villamil
    A retired clerk writes a novel about an old case he could never let go.
A Separation|2011|123|8.3|22|Drama|fa|IR, FR
    Asghar Farhadi|Leila Hatami, Payman Maadi
    A couple on the point of parting is drawn into a quarrel with a carer's family.
The Seventh Seal|1957|96|8.1|1|Drama, Fantasy|sv|SE
    Ingmar Bergman|Max von Sydow, Gunnar Björnstrand
    A knight home from the crusades plays chess with Death.
Another Round|2020|117|7.7|21|Comedy, Drama|da|DK, SE
    Thomas Vinterberg|Mads Mikkelsen, Thomas Bo Larsen
    Four teachers try out whether life goes better slightly drunk.
Lagaan|2001|224|8.1|8|Drama, Musical, Sport|hi|IN
    Ashutosh Gowariker|Aamir Khan, Gracy Singh
    Villagers stake their taxes on a game of cricket.
What We Do in the Shadows|2014|86|7.6|7|Comedy, Horror|en|NZ
    Jemaine Clement, Taika Waititi|Jemaine Clement, Taika Waititi
    Vampires who share a flat quarrel about the washing-up.
Lost in Translation|2003|102|7.7|118|Comedy, Drama|en|US, JP
    Sofia Coppola|Bill Murray, Scarlett Johansson
    Two strangers who cannot sleep keep each other company in a Tokyo hotel.
Taxi Driver|1976|114|8.2|28|Crime, Drama|en|US
    Martin Scorsese|Robert De Niro, Jodie Foster
    A sleepless veteran drives through the night and dreams of cleaning up the city.
The Departed|2006|151|8.5|291|Crime, Drama, Thriller|en|US
    Martin Scorsese|Leonardo DiCaprio, Matt Damon, Jack Nicholson
    A policeman among gangsters and a gangster among policemen try to unmask each other.
Pulp Fiction|1994|154|8.9|214|Crime, Drama|en|US
    Quentin Tarantino|John Travolta, Uma Thurman, Samuel L. Jackson, Bruce Willis
    Two hit men, a boxer and a pair of diner robbers cross each other's paths.
You've Got Mail|1998|119|6.7|250|Comedy, Drama, Romance|en|US
    Nora Ephron|Tom Hanks, Meg Ryan
    Two rival booksellers fall in love by letter without knowing who the other is.
Mission: Impossible|1996|110|7.2|457|Action, Adventure, Thriller|en|US
    Brian De Palma|Tom Cruise, Jon Voight
    An agent accused of betrayal must find the mole himself.
Happy Gilmore|1996|92|7.0|41|Comedy, Sport|en|US
    Dennis Dugan|Adam Sandler, Christopher McDonald
    A failed hockey player finds that he can hit a golf ball a very long way.
50 First Dates|2004|99|6.8|198|Comedy, Drama, Romance|en|US
    Peter Segal|Adam Sandler, Drew Barrymore
    A man courts a woman who forgets him every night.
Men in Black|1997|98|7.3|589|Action, Adventure, Comedy, Sci-Fi|en|US
    Barry Sonnenfeld|Will Smith, Tommy Lee Jones
    Two agents keep watch over the aliens who live unnoticed in New York.
School of Rock|2003|109|7.2|131|Comedy, Music|en|US
    Richard Linklater|Jack Black, Joan Cusack
    A penniless guitarist poses as a teacher and turns his class into a band.
Madeinusa|2006|100|6.8|1|Drama|es|ES, MX
    Claudia Llosa|Magaly Solier
    In a village where no sin counts over Easter, a girl takes in a stranger.
The War of the Worlds|1953|85|7.0|2|Action, Sci-Fi, Thriller|en|US
    Byron Haskin|Gene Barry, Ann Robinson
    Machines from another planet lay waste to California.
Scary Movie|2000|88|6.3|278|Comedy|en|US
    Keenen Ivory Wayans|Anna Faris, Regina Hall
    A spoof in which teenagers are chased by a clumsy killer.
The Italian Job|1969|99|7.2|10|Action, Comedy, Crime|en|GB
    Peter Collinson|Michael Caine, Noël Coward
    A gang of thieves blocks the streets of Turin to get away with the gold.
Tropical Malady|2004|118|7.1|1|Drama, Fantasy, Romance|th|FR, DE, IT
    Apichatpong Weerasethakul|Banlop Lomnoi
    A soldier's love story turns into a hunt for a spirit in the jungle.
"""


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(", ") if name.strip())


def _read(facts: str, people: str, plot: str) -> Movie:
    title, year, runtime, rating, millions, genres, language, countries = facts.split("|")
    directors, cast = people.strip().split("|")
    slug = "-".join(re.findall(r"\w+", fold(title)))
    return Movie(
        id=f"{slug}-{year}",
        title=title,
        year=int(year),
        runtime=int(runtime),
        rating=float(rating),
        votes=int(millions) * 1000 + 5000,
        revenue=int(millions) * 1_000_000,
        genres=_names(genres),
        language=language,
        countries=tuple(_COUNTRIES[code] for code in _names(countries)),
        directors=_names(directors),
        cast=_names(cast),
        plot=plot.strip(),
        poster=f"posters/{slug}.jpg" if len(title) % 5 else None,
    )


_ROWS = _TABLE.strip().splitlines()
FILMS: tuple[Movie, ...] = tuple(_read(*_ROWS[start : start + 3]) for start in range(0, len(_ROWS), 3))


def film(title: str) -> Movie:
    """The film with exactly this title."""
    return next(movie for movie in FILMS if movie.title == title)


def catalogue(folder: Path) -> Catalogue:
    """A catalogue file in `folder` with all the films."""
    made = Catalogue.open(folder / "films.sqlite")
    made.add(FILMS)
    return made
