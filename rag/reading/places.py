"""Where a film comes from: "French", "British", "Scandinavian", "from Brazil", as languages or countries.

An adjective that names a language means the language ("a French film" may come from Belgium), any
other the country. Data and two look-ups; does not know which of them a catalogue holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from movies.vocabulary import country_words, fold
from rag.reading.tokens import word_set


@dataclass(frozen=True)
class Place:
    """Languages (codes) and countries a word stands for. `languages` is what is meant where both are set."""

    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


# language code: adjective: country
_SPOKEN = """
fr french France; de german Germany; es spanish Spain; it italian Italy; ja japanese Japan; ko korean South Korea
sv swedish Sweden
zh chinese China; zh mandarin China; zh cantonese Hong Kong; ru russian Russia; pt portuguese Portugal; da danish Denmark
no norwegian Norway; fi finnish Finland; is icelandic Iceland; nl dutch Netherlands; pl polish Poland; cs czech Czech Republic
hu hungarian Hungary; ro romanian Romania; el greek Greece; tr turkish Turkey; th thai Thailand; vi vietnamese Vietnam
id indonesian Indonesia; hi hindi India; hi bollywood India; ta tamil India; te telugu India; bn bengali India; ur urdu Pakistan
fa persian Iran; fa farsi Iran; ar arabic Egypt; he hebrew Israel; uk ukrainian Ukraine; sr serbian Serbia; hr croatian Croatia
bg bulgarian Bulgaria; et estonian Estonia; lt lithuanian Lithuania; lv latvian Latvia; sk slovak Slovakia; ka georgian Georgia
ca catalan Spain; yi yiddish Israel; en english United Kingdom; mn mongolian Mongolia; tl tagalog Philippines
ml malayalam India
"""
_NATIONAL = """
american United States; british United Kingdom; scottish United Kingdom; welsh United Kingdom; irish Ireland; canadian Canada
australian Australia; brazilian Brazil; mexican Mexico; argentinian Argentina; argentine Argentina; argentinean Argentina
chilean Chile; colombian Colombia; cuban Cuba; peruvian Peru; venezuelan Venezuela; indian India; austrian Austria
belgian Belgium
swiss Switzerland; israeli Israel; egyptian Egypt; iranian Iran; iraqi Iraq; lebanese Lebanon; moroccan Morocco
algerian Algeria
tunisian Tunisia; nigerian Nigeria; senegalese Senegal; kenyan Kenya; ethiopian Ethiopia; taiwanese Taiwan; filipino Philippines
pakistani Pakistan; bangladeshi Bangladesh; malaysian Malaysia; singaporean Singapore; soviet Soviet Union; yugoslav Yugoslavia
czechoslovak Czechoslovakia; bosnian Bosnia & Herzegovina; palestinian Palestine; saudi Saudi Arabia; afghan Afghanistan
jordanian Jordan; syrian Syria; yemeni Yemen; libyan Libya; sudanese Sudan; malian Mali; mauritanian Mauritania; ghanaian Ghana
cameroonian Cameroon; congolese Congo; chadian Chad; rwandan Rwanda; ugandan Uganda; tanzanian Tanzania; zambian Zambia
zimbabwean Zimbabwe; angolan Angola; ivorian Ivory Coast; cambodian Cambodia; nepali Nepal; nepalese Nepal; bhutanese Bhutan
sri lankan Sri Lanka; burmese Myanmar; tibetan Tibet; albanian Albania; macedonian North Macedonia; montenegrin Montenegro
slovenian Slovenia; slovene Slovenia; kosovan Kosovo; belarusian Belarus; armenian Armenia; azerbaijani Azerbaijan; uzbek Uzbekistan
kyrgyz Kyrgyzstan; tajik Tajikistan; maltese Malta; cypriot Cyprus; paraguayan Paraguay; guatemalan Guatemala; nicaraguan Nicaragua
costa rican Costa Rica; panamanian Panama; dominican Dominican Republic; haitian Haiti; puerto rican Puerto Rico; qatari Qatar
kuwaiti Kuwait; uruguayan Uruguay; bolivian Bolivia; ecuadorian Ecuador; jamaican Jamaica; kazakh Kazakhstan; hollywood United States
"""
_GROUPS: dict[str, Place] = {
    "scandinavian": Place(("sv", "da", "no")),
    "nordic": Place(("sv", "da", "no", "fi", "is")),
    "scandi": Place(("sv", "da", "no")),
    "latin american": Place((), ("Mexico", "Brazil", "Argentina", "Chile", "Colombia", "Cuba", "Peru", "Uruguay",
    "Venezuela", "Bolivia")),
    "south american": Place((), ("Brazil", "Argentina", "Chile", "Colombia", "Peru", "Uruguay", "Venezuela", "Bolivia",
    "Ecuador")),
    "south african": Place((), ("South Africa",)),
    "hong kong": Place((), ("Hong Kong",)),
    "new zealand": Place((), ("New Zealand",)),
    "kiwi": Place((), ("New Zealand",)),
    "aussie": Place((), ("Australia",)),
    "east german": Place((), ("East Germany",)),
    "west german": Place((), ("West Germany",)),
    "south korean": Place((), ("South Korea",)),
    "european": Place((), (
        "France", "Germany", "Italy", "Spain", "United Kingdom", "Sweden", "Denmark", "Norway", "Finland", "Belgium",
        "Netherlands",
        "Austria", "Switzerland", "Poland", "Czech Republic", "Czechoslovakia", "Hungary", "Romania", "Greece", "Portugal",
        "Ireland",
        "Iceland", "Russia", "Soviet Union", "Yugoslavia", "Serbia", "Bulgaria", "West Germany", "East Germany", "Ukraine",
    )),
    "asian": Place((), (
        "Japan", "South Korea", "China", "Hong Kong", "Taiwan", "India", "Thailand", "Vietnam", "Indonesia", "Philippines",
        "Malaysia",
        "Singapore", "Iran", "Mongolia", "Pakistan", "Bangladesh", "Cambodia",
    )),
    "african": Place((), (
        "Nigeria", "Senegal", "South Africa", "Kenya", "Ethiopia", "Ghana", "Mali", "Burkina Faso", "Cameroon", "Egypt",
        "Morocco", "Tunisia", "Algeria", "Mauritania", "Sudan", "Zambia", "Ivory Coast",
    )),
}  # fmt: skip
_REGIONS = {
    "europe": "european", "asia": "asian", "africa": "african", "scandinavia": "scandinavian", "latin america": "latin american",
    "south america": "south american",
}  # fmt: skip
# Country names that are also everyday words, or states and cities; they count only when capitalised.
_CAPITAL_ONLY = word_set("us turkey china jordan chad mali georgia guinea poland man america")


@lru_cache(maxsize=1)
def adjectives() -> dict[str, Place]:
    """Folded adjective → place: "french", "british", "scandinavian"."""
    table: dict[str, Place] = {}
    for line in _entries(_SPOKEN):
        code, adjective, country = line.split(" ", 2)
        table[adjective] = Place((code,), (country,))
    for line in _entries(_NATIONAL):
        adjective, country = line.split(" ", 1)
        table[adjective] = Place((), (country,))
    return table | _GROUPS


@lru_cache(maxsize=1)
def country_names() -> dict[str, Place]:
    """Folded country name → place, for "from Brazil". Two-letter codes but "us" and "uk" are left out."""
    known = {word: Place((), (name,)) for word, name in country_words().items() if len(word) > 2 or word in {"us", "uk"}}
    return known | {region: _GROUPS[adjective] for region, adjective in _REGIONS.items()}


def needs_capital(word: str) -> bool:
    """Is this country name an everyday word in lower case ("turkey", "us")?"""
    return word in _CAPITAL_ONLY


@lru_cache(maxsize=256)
def adjective_of(code: str) -> str:
    """The English name of a language, folded, for codes without an adjective above; "" if there is none."""
    return str(Locale("en").languages.get(code, "")).lower()


@lru_cache(maxsize=1)
def languages_anywhere() -> dict[str, Place]:
    """Folded English name → language, of all with a code of two letters; short names are left out ("Ewe")."""
    known = sorted(Locale("en").languages.items())
    return {fold(name): Place((code,)) for code, name in known if len(code) == 2 and len(name) > 4}


@lru_cache(maxsize=256)
def own_name_of(code: str) -> str:
    """What a language calls itself, folded ("francais"), or its code where that isn't known."""
    try:
        return fold(Locale.parse(code).languages.get(code, code))
    except (UnknownLocaleError, ValueError):
        return code


def _entries(text: str) -> list[str]:
    return [entry.strip() for line in text.strip().splitlines() for entry in line.split(";") if entry.strip()]
