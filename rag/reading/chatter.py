"""What people type beside what they ask for: chat spelling, sounds, pleasantries, and remarks around a question.

`spelled` leaves the bare sentence ("oh god whats that w/ de niro pls" → "what's that with de niro please"). Misspelt words
are `spelling.py`'s, roundabout wishes `plainly.py`'s. Does not know films or the state of a conversation.
"""

from __future__ import annotations

import re

_SPELLINGS = {
    "u": "you", "ur": "your", "pls": "please", "plz": "please", "plss": "please", "thx": "thanks", "ty": "thanks", "abt": "about",
    "smth": "something", "sth": "something",
    "w/": "with", "w": "with", "w/o": "without", "cuz": "because", "coz": "because", "cos": "because", "r": "are", "tho": "though",
    "gimme": "give me", "lemme": "let me", "gonna": "going to", "whats": "what's", "whos": "who's", "hes": "he's", "shes": "she's", "hows": "how is", "whens": "when is", "wheres": "where is",
    "when's": "when is", "where's": "where is", "how's": "how is", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't",
    "wih": "with", "smilar": "similar", "simliar": "similar",
    "movei's": "movies", "pleas": "please", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't", "werent": "weren't", "havent": "haven't", "hasnt": "hasn't", "wont": "won't",
    "im": "i'm", "ive": "i've", "weve": "we've", "youve": "you've", "theyve": "they've", "thats": "that's", "theres": "there's",
    "shouldnt": "shouldn't", "wouldnt": "wouldn't", "couldnt": "couldn't", "movy": "movie", "fim": "film",
    "comedys": "comedies", "documentarys": "documentaries", "scifi": "sci-fi", "tonite": "tonight", "favourit": "favourite", "wat": "what", "wud": "would", "cud": "could", "shud": "should", "wht": "what",
    "k": "ok", "aswell": "as well", "docu": "documentary", "yeh": "yeah", "yh": "yeah", "wots": "what's", "docus": "documentaries", "til": "until", "b/w": "black and white", "b&w": "black and white", "what've": "what have", "mins": "minutes", "hrs": "hours", "yrs": "years",
}  # fmt: skip
_SPELLED = re.compile(
    r"(?<![\w'’/&.-])(" + "|".join(map(re.escape, sorted(_SPELLINGS, key=len, reverse=True))) + r")(?![\w'’/-])", re.IGNORECASE
)
_NOISE = re.compile(
    r"(?<![\w'’-])(?:lol|lmao|rofl|haha+|omg|ngl|tbh|imo|imho|idk|fyi|btw|innit|lowkey|highkey|obviously|like,|er+m?|uh+m?|um+|hm+)(?![\w'’-])[,.!…]*\s*",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:(?:oh|ah|ooh|aw|wow|wait(?!,? no\b)|hang on|hold on|hey|dude|mate|(?:my )?god|christ|crikey|blimey|jeez|heavens|goodness(?: me)?|bloody hell)\b[\s,.!…]+)+|(?:great|nice|cool|lovely|perfect|(?:what a )?(?:pity|shame)|too bad|that'?s a (?:pity|shame)|fair enough|oh well|thought (?:so|as much)|that'?ll do(?: us| me| nicely)?|"
    r"brilliant|splendid|excellent|awesome|amazing|super|sweet|good|fine|hi|hiya|hello|good (?:evening|morning|afternoon))\s*[,.!…]+\s*)+(?=\w)",
    re.IGNORECASE,
)
_NO_MAKE_IT = re.compile(r"^(?:hmm+,? )?no,? (?=(?:make (?:it|that)|let'?s (?:say|make))\b)", re.IGNORECASE)
_ASIDE = re.compile(
    r"^(?:please )?(?:remind me|do you (?:happen to )?know|(?:can|could) you (?:please )?(?:tell|remind) me|tell me|any idea|i wonder|i(?:'d| would) like to know)[, ]+"
    r"(?=(?:who|when|where|how|which|what)\b)(?!what (?:i|we|did i|did we|you)\b|how (?:you|this|to)\b)",
    re.IGNORECASE,
)
_STRAIGHT = tuple(
    (re.compile(pattern, re.IGNORECASE), straight)
    for pattern, straight in (
        (r"\bid (?=(?:like|love|want|prefer|rather|need)\b)", "i'd "),
        (r"\b(by|with|from) (?:that|this) (?:guy|man|bloke|chap|fellow)\b", r"\1 him"),
        (r"\b(by|with|from) (?:that|this) (?:woman|lady|girl)\b", r"\1 her"),
        (r"(?<![\w&])#\s?(\d{1,2})\b", r"number \1"),
        (r"([,.;]) (it|this) (is|was) ([\w-]+(?: [\w-]+){0,3}?)\s*\?$", r"\1 \3 \2 \4?"),  # "the war one, it is sad?"
        (r"^(?:can|could|would) you (?:please )?(?:sum up|summari[sz]e|describe|outline|give me) (?:the|its) (?:story|plot)\b", "what is the plot"),
        # the question behind a remark, and a statement that is one: "Saoirse Ronan is in Lady Bird, right?"
        (r"^[^?]{2,40}?[.!,;:] (?:(?:just|so|then|but|please|now) )*tell me (?=(?:how|who|when|which|what)\b)", ""),
        (r"^(?:\w+ ){0,2}(?:argument|question|bet|quiz)(?: time)?: (?=\w)", ""),
        (r"^([^?]{3,40}?) (is|was) (in [^?]{2,40}?),? (?:right|correct|yes|yeah|no|isn'?t (?:he|she|it)|wasn'?t (?:he|she))\s*\?*$", r"\2 \1 \3?"),
        (r"(?<=[.…,!?] )remind me[,:]? (?=(?:is|was|who|when|how|what|where|does|did)\b)", ""),
        (r"(?<=[?!.,] )never heard(?: of (?:it|that|him|her|them))?[,.!;]\s*", ""),
        (r"\b(?:the |that )?same (?:guy|chap|man|woman|person|bloke|fella|fellow|lady)(?: (?:who|that) (?:directed|made|did|shot) (?:it|that|this))?(?! who)", "the same director"),
        (r"\b(from|in|of) (?:that|this) (decade|era)\b", r"\1 the same \2"),
        (r"(?<=\w )(?-i:n)(?= (?!all\b)[a-z])", "and"),
        (r"(?<=\w )(?:inside[- ]out|back to front|like the back of (?:my|our|his|her) hand)(?=\s*(?:[,.;!?]|$))", "by heart"),
    )
)  # fmt: skip


def spelled(text: str) -> str:
    """The text with chat spellings written out, sounds of thinking left out, and neither pleasantry nor remark around it."""
    out = _NOISE.sub("", _SPELLED.sub(_spelled_out, text))
    for pattern, straight in _STRAIGHT:
        out = pattern.sub(straight, out)
    bare = _ASIDE.sub("", _OPENING.sub("", _NO_MAKE_IT.sub("", out)))
    return (bare if len(bare.split()) > 1 else out).strip() or text


def _spelled_out(found: re.Match[str]) -> str:
    """ "Gimme a comedy", but *Gimme Shelter*."""
    titled = found[0][0].isupper() and re.match(r" [A-Z]", found.string[found.end() :])
    return found[0] if titled else _SPELLINGS[found[0].lower()]
