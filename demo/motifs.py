"""Which silhouettes and which landscape a film calls for, read from its own words.

Works on names alone: what a motif looks like is silhouettes.py's business, where it goes the
compositions'. No word of a film is understood, only counted: the title's most, the plot's least.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

# motif: words that call for it; one marked "?" is too common in prose to count when only the plot has it
WORDS: dict[str, str] = {
    "anchor": "anchor sailor navy harbor harbour submarine ?crew",
    "apple": "apple orchard teacher poison",
    "atom": "atom physicist scientist physics experiment nuclear",
    "baseball": "baseball ballpark pitcher ballplayer",
    "basketball": "basketball",
    "bath": "bathtub shower",
    "bed": "bed bedroom sleep insomnia",
    "beer": "beer pub stag-night brewery",
    "bell": "bell bells campanile",
    "bicycle": "bicycle bike cyclist bicycles",
    "binoculars": "binoculars voyeurism voyeur surveillance spying stakeout",
    "bolt": "lightning electricity thunder thunderstorm storm shock ?power",
    "bomb": "bomb explosive explosives terrorist terrorism detonator dynamite",
    "book": "book novel novelist library writer author manuscript poet poetry literature",
    "brain": "brain memory psychology psychiatrist amnesia psychological therapist ?mind",
    "briefcase": "briefcase office salesman corporate lawyer business",
    "broadcast": "broadcast signal transmission",
    "broom": "witch witchcraft broom witches coven",
    "bus": "bus",
    "camera": "camera photographer photograph photographs paparazzi",
    "car": "car driver driving cars taxi cab chauffeur getaway automobile ?chase ?race ?drive",
    "chess": "chess horse horses rider cavalry racehorse jockey stallion",
    "church": "church priest nun faith convent pastor religion catholic minister",
    "clock": "clock deadline timeloop time-loop noon o'clock hour midnight ?watch",
    "cocktail": "cocktail party martini nightlife nightclub jazz-age socialite bartender ?bar",
    "coffee": "coffee cafe café diner waitress",
    "compass": "compass expedition explorer navigator quest treasure exploration voyage",
    "couch": "roommates couch slacker",
    "cross": "cross exorcism possession crucifix crusade vampire grave cemetery",
    "crosshairs": "sniper assassin assassination hitman hitmen target crosshairs",
    "crow": "crow raven birds crows omen",
    "crown": "crown king queen prince princess royal royalty throne monarchy emperor empress kingdom",
    "dice": "dice gambling casino gambler poker vegas ?bet",
    "door": "door doors locked-room ?escape",
    "dove": "dove peace pacifism angel angels bird pigeon swan",
    "drum": "drum drummer drumming drums jazz",
    "dumbbell": "bodybuilder gym training",
    "envelope": "letter letters mail postman envelope",
    "eye": "eye eyes vision blind blindness seer gaze witness paranoia ?watching",
    "feather": "feather quill writing",
    "film": "filmmaking hollywood filmmaker movies projectionist screenwriter film-within-a-film studio cinema",
    "fingerprint": "fingerprint detective investigation identity police forensic murder fbi whodunit serial-killer",
    "fire": "fire burning arson firefighter flame flames inferno ?paris-burning ?fury",
    "fish": "fish fisherman fishing sturgeon",
    "football": "football quarterback gridiron",
    "futbol": "soccer goalkeeper",
    "frog": "frog frogs amphibian swamp",
    "gavel": "courtroom trial judge jury verdict juror jurors justice ?court ?angry",
    "gem": "diamond jewel jewels gem heist jewel-thief thief thieves robbery",
    "gift": "christmas gift gifts santa",
    "glasses": "nerd intellectual glasses professor spectacles",
    "globe": "globe epidemic global ?earth",
    "hand": "hand hands ?touch",
    "fist": "boxing boxer boxers fist fighter prizefighter rebellion revolution uprising strike ?fight",
    "handshake": "partnership friendship buddy pact",
    "headphones": "headphones wiretap eavesdropping dj mixtape stasi listening",
    "heart": "heart lovers courtship wedding first-love",
    "heartbeat": "illness hospital doctor cancer surgeon nurse medical",
    "helicopter": "helicopter vietnam helicopters",
    "home": "house home suburb suburbia suburban mansion burglars ?family",
    "hotel": "hotel concierge motel",
    "hourglass": "?time hourglass aging mortality time-travel ?past ?future",
    "industry": "factory industrial industry steelworks workers machine assembly mill",
    "jet": "fighter pilot jet pilots dogfight",
    "key": "key keys secret locked mystery",
    "landmark": "politics political senator president government watergate congress election",
    "leaf": "autumn leaf nature ecology garden gardener",
    "lightbulb": "inventor invention idea inventors",
    "lock": "prison prisoner jail prisoners inmate inmates kidnapping kidnapped captivity ?cell",
    "magic": "wand wizard wizards magician spell sorcerer illusionist",
    "map": "map maps cartographer",
    "mask": "theatre theater actor actress opera masquerade broadway performance players troupe",
    "medal": "medal olympic olympics champion gold-medal",
    "microphone": "microphone radio concert stand-up comedian rapper singer king's-speech broadcaster",
    "money": "money cash ransom loot bills dollar greed debt stockbroker banker",
    "moon": "moon lunar night werewolf nocturnal",
    "motorcycle": "motorcycle biker bikers motorbike",
    "music": (
        "music song songs ?band singer musician composer melody guitar piano pianist orchestra musical "
        "concert conservatory violin violinist cello choir soprano"
    ),
    "newspaper": "newspaper journalist reporter journalism editor headline",
    "paint": "painter painting artist paint portrait canvas forger ?art",
    "paw": "animals animal zoo wolf tiger bear leopard pet",
    "phone": "phone telephone caller ?call",
    "pills": "drugs drug addiction addict heroin cocaine cartel morphine pills",
    "plane": "plane airplane aviation airline airport flight aviator aircraft",
    "praying": "prayer god martyr spiritual monk monastery",
    "radio": "television tv anchorman network",
    "robot": "robot android artificial-intelligence robots cyborg replicant ai computer",
    "rocket": "rocket spaceship spacecraft astronaut astronauts nasa alien aliens starship",
    "running": "walking runner running pilgrimage wanderer drifter vagabond tramp",
    "scale": "scale law morality moral attorney lawsuit",
    "school": "school college student students university graduate boarding-school teenager",
    "scissors": "scissors barber tailor dressmaker couture fashion hairdresser seamstress",
    "shield": "superhero ?hero vigilante knight gladiator",
    "ship": "ship ocean-liner liner shipwreck iceberg boat steamer vessel",
    "skull": "skull zombie zombies death dead cannibal undead corpse plague slasher killer",
    "smile": "clown laughter",
    "snowflake": "snow winter ice blizzard frozen arctic antarctic frost",
    "spy": "spy espionage agent spies cold-war mole secret-agent detective private-eye undercover noir",
    "star": "stardom fame celebrity ?wish ?star",
    "suitcase": "suitcase exile immigrant immigration travel traveller emigrant",
    "sun": "sun summer heatwave heat solar",
    "swimmer": "swimming swimmer pool",
    "syringe": "syringe vaccine serum asylum",
    "torii": "japan japanese tokyo kyoto samurai geisha yakuza shogun ronin",
    "train": "train railway railroad locomotive station subway trains",
    "tree": "tree forest woods christmas-tree cabin",
    "trophy": "trophy championship tournament underdog contest",
    "truck": "truck trucker lorry",
    "umbrella": "umbrella rain rainy nanny monsoon",
    "ninja": "ninja martial-arts kung-fu wuxia swordplay",
    "astronaut": "astronaut cosmonaut space space-station mars orbit",
    "utensils": "food cooking chef restaurant cook kitchen meal feast rat",
    "wine": "wine vineyard dinner banquet",
    "yinyang": "duality doppelganger twins double",
    "tint": "blood bloody water drought oil",
    "spa": "flower flowers blossom rose lotus magnolia",
    "peace": "hippie counterculture protest woodstock",
    "paperplane": "paper-plane childhood",
    "puzzle": "puzzle code codebreaking enigma cryptography riddle",
    "road": "road roadtrip road-trip highway hitchhiker",
    "bone": "bone fossil bones archaeology archaeologist",
    "child": "child childhood orphan children ?boy ?boys",
    "teeth": "teeth fangs dracula bite",
    "ticket": "circus carnival fairground ticket freak",
    "smoking": "cigarette smoking tobacco smoke",
    "petrol": "gas-station petrol",
    "profile": "identity memory portrait obsession loneliness",
    "dinosaur": "dinosaur dinosaurs monster kaiju godzilla prehistoric reptile lizard dragon dragons creature",
    "shark": "shark sharks jaws",
    "whale": "whale whales whaling",
    "castle": "castle knight medieval fortress camelot kingdom fairy-tale dracula palace princess",
    "lighthouse": "lighthouse keeper coast island shore",
    "sail": "sailing sailboat pirate pirates sea ocean voyage yacht raft sailor shipwrecked galleon",
    "revolver": (
        "gun gunfighter gunslinger outlaw shootout gangster mafia mob mobster revenge crime gunman bank- robbery duel pistol"
    ),
    "sword": (
        "sword swords swordsman knight duel gladiator legend samurai swashbuckler musketeer fencing excalibur warrior blade"
    ),
    "fedora": "detective noir gangster private-eye bootlegger mobster prohibition",
    "cowboy": "cowboy western ranch sheriff frontier outlaw cattle ranger gunslinger gunfighter marshal",
    "ufo": "ufo alien aliens extraterrestrial flying-saucer invasion abduction first-contact",
    "candle": "candle vigil seance ghost-story gothic mourning",
    "dog": "dog dogs puppy hound terrier",
    "cat": "cat cats kitten feline",
    "ghost": "ghost ghosts haunting haunted supernatural spirit spirits poltergeist seance",
    "bridge": "bridge bridges brooklyn river",
    "cactus": "desert cactus arizona mexico border texas tequila",
    "spider": "spider spiders arachnid web",
    "balloons": "balloon balloons circus feel-good birthday whimsy",
    "mountain": "mountain mountains alps climbing climber everest summit volcano",
    "doll": "toy toys doll puppet dummy marionette",
    "island": "island castaway tropical beach palm robinson shipwrecked paradise hawaii lagoon",
    "bowl": "ramen noodle noodles soup broth",
    "dance": "dance dancer dancers ballet tango dancing ballroom choreographer ballerina waltz",
    "bug": "bee bees ant beetle insect honey swarm",
    "figure": "?man stranger loner outsider loneliness solitude alienation alone",
    "woman": "?woman ?lady ?girl actress heiress widow housewife heroine governess femme-fatale",
    "piano": "piano pianist keyboard",
    "gorilla": "kong gorilla ape apes chimpanzee",
}

# setting: words that call for it
SETTINGS: dict[str, str] = {
    "sea": (
        "sea ocean ship island beach coast submarine sailor boat fisherman harbor harbour shark pirate "
        "pirates lighthouse underwater naval shore yacht"
    ),
    "mountain": (
        "mountain mountains alps everest climber climbing valley tibet himalaya andes ranch expedition "
        "middle-earth quest wilderness"
    ),
    "desert": (
        "desert sahara dune dunes mexico texas arizona west frontier cowboy outlaw canyon border oasis egypt sand outback"
    ),
    "forest": "forest woods woodland cabin jungle wilderness trees wolf rainforest amazon swamp witch",
    "city": (
        "city york london paris tokyo chicago angeles hong-kong neo-noir streets detective police taxi "
        "apartment manhattan berlin seoul skyscraper gotham metropolis street"
    ),
    "snow": "snow winter arctic antarctic ice blizzard christmas frozen sweden norway siberia alaska iceland",
    "field": (
        "farm farmer village countryside prairie rural field wheat kansas iowa summer garden provence tuscany "
        "england ireland cornfield"
    ),
    "space": (
        "space planet astronaut astronauts galaxy spaceship starship alien aliens orbit mars moon "
        "interstellar spacecraft satellite"
    ),
    "road": "road highway truck drifter road-trip motorcycle route hitchhiker driver roadside journey",
    "rain": "rain rainy storm monsoon flood umbrella downpour",
}

_FALLBACK: dict[str, tuple[str, ...]] = {
    "Action": ("crosshairs", "bolt", "fire", "shield", "jet"),
    "Adventure": ("compass", "map", "mountain", "sail", "binoculars"),
    "Animation": ("balloons", "star", "paperplane", "child"),
    "Biography": ("profile", "feather", "medal"),
    "Comedy": ("mask", "cocktail", "umbrella", "handshake", "phone"),
    "Crime": ("fedora", "revolver", "fingerprint", "money", "smoking"),
    "Documentary": ("film", "camera", "globe", "eye"),
    "Drama": ("profile", "door", "running", "dove", "candle", "figure", "woman"),
    "Family": ("home", "balloons", "dog", "paperplane"),
    "Fantasy": ("castle", "magic", "moon", "key"),
    "Film-Noir": ("fedora", "revolver", "smoking", "key"),
    "History": ("landmark", "crown", "feather", "scale"),
    "Horror": ("skull", "eye", "ghost", "candle", "crow"),
    "Music": ("music", "microphone", "drum"),
    "Musical": ("music", "star", "microphone", "mask"),
    "Mystery": ("key", "eye", "door", "fingerprint"),
    "Romance": ("heart", "envelope", "umbrella", "spa"),
    "Sci-Fi": ("rocket", "atom", "robot", "ufo", "astronaut"),
    "Sport": ("trophy", "medal", "fist"),
    "Thriller": ("eye", "crosshairs", "door", "key"),
    "War": ("helicopter", "dove", "bomb", "medal"),
    "Western": ("cowboy", "revolver", "cactus", "chess"),
}
_HOMES: dict[str, str] = {
    "Action": "city road",
    "Adventure": "mountain sea forest",
    "Animation": "field forest sea",
    "Comedy": "city field",
    "Crime": "city rain",
    "Drama": "field sea city",
    "Family": "field snow",
    "Fantasy": "forest mountain",
    "Film-Noir": "city rain",
    "History": "field mountain",
    "Horror": "forest",
    "Mystery": "forest rain city",
    "Romance": "sea field city",
    "Sci-Fi": "space",
    "Thriller": "city rain",
    "War": "field forest",
    "Western": "desert",
}
# Silhouettes that make sense standing on a horizon.
ON_THE_GROUND = frozenset(
    {
        "bus",
        "car",
        "chess",
        "church",
        "hotel",
        "home",
        "industry",
        "train",
        "tree",
        "truck",
        "motorcycle",
        "bicycle",
        "running",
        "dinosaur",
        "castle",
        "cowboy",
        "fedora",
        "dog",
        "cat",
        "cactus",
        "figure",
        "woman",
        "gorilla",
        "lighthouse",
        "torii",
        "landmark",
        "child",
        "robot",
        "astronaut",
        "crow",
    }
)


def _words(text: str) -> list[str]:
    found = re.findall(r"[a-zà-ÿ']+(?:-[a-zà-ÿ']+)*", text.lower())
    parts = found + [part for word in found if "-" in word for part in word.split("-")]
    return parts + [word[:-1] for word in parts if word.endswith("s") and len(word) > 3]


def _counted(film: Mapping[str, Any]) -> tuple[Counter[str], Counter[str]]:
    """How much each word of a film matters (the title most, the plot least), and the same without the plot."""
    # "based on a book" tells of the script, not of the story.
    keywords = " ".join(str(k) for k in film.get("keywords") or () if not str(k).startswith("based on"))
    terse: Counter[str] = Counter()
    for text, weight in ((str(film.get("title") or ""), 5), (keywords, 3), (str(film.get("tagline") or ""), 2)):
        terse.update(dict.fromkeys(_words(text), weight))
    return terse + Counter(set(_words(str(film.get("plot") or "")))), terse


def _best(table: Mapping[str, str], film: Mapping[str, Any], chance: random.Random) -> list[str]:
    """The names whose words the film has, the most called for first; ties fall by chance."""
    everywhere, terse = _counted(film)

    def score(words: str) -> int:
        return sum(terse[word[1:]] if word.startswith("?") else everywhere[word] for word in words.split())

    ranked = sorted((-score(words) - chance.random() * 0.9, name) for name, words in table.items())
    return [name for value, name in ranked if value <= -1]


def motifs_for(film: Mapping[str, Any], chance: random.Random) -> list[str]:
    """At least two motif names, the fittest first; genres fill in where no word calls for one."""
    found = _best(WORDS, film, chance)[:4]
    for genre in [*(film.get("genres") or ()), "Drama"]:
        spare = [name for name in _FALLBACK.get(genre, ()) if name not in found]
        chance.shuffle(spare)
        found += spare[:1]
    return found


def setting_for(film: Mapping[str, Any], chance: random.Random) -> str:
    """The landscape the film's words speak of most, else one its first genre is at home in."""
    found = _best(SETTINGS, film, chance)
    genre = next((g for g in film.get("genres") or () if g in _HOMES), "Drama")
    return found[0] if found else chance.choice(_HOMES[genre].split())
