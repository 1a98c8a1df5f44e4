"""How viewers put things: patterns that tell the acts of a conversation apart.

Data only, all on folded text (lower case, no accents) unless marked otherwise. What follows from a
match is decided in `dialogue.py`.
"""

from __future__ import annotations

import re


def _glued(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern written over several lines, which are joined without anything between."""
    return re.compile("".join(line.strip() for line in pattern.splitlines()), flags)


GREETING = _glued(
    r"""
    (?:hi+|hello|he+y+|hiya|howdy|yo|(?:good )?(?:morning|evening|afternoon)|good day|greetings|hola|bonjour|hallo|moin|ciao|namaste|dzien dobry|god kveld|buenas(?: noches| tardes)?|
    how are (?:you|things)(?: all)?(?: doing)?(?: today| tonight| this (?:evening|morning|afternoon))?|what'?s up|sup|there|matinee|concierge|again|everyone|friend|nice to meet you|
    [\s!,.?])+
    """
)
THANKS = _glued(
    r"""
    (?:(?:ok(?:ay)?|great|perfect|cool|nice|awesome|wonderful|lovely|brilliant|super|excellent|good|sounds good|
    that'?s (?:me|us) (?:sorted|set|done)|(?:(?:i'?m|we'?re) )?going (?:with|for) (?:it|that|that one|this one)|sounds (?:sweet|great|lovely|perfect|fun|fine|brilliant)|
    thank you|thanks|thx|ty|ta|cheers|nice one|splendid|smashing|fab|top|legend|merci|danke|gracias|grazie|tack|kiitos|obrigad[oa]|arigato|i thank you|and|hasta luego|adios|ciao|au revoir|sold|that'?ll do(?: me)?|(?:you'?ve been|you have been|you are|you'?re|that'?s|how) (?:very |so |most |really )*(?:kind|helpful|sweet|patient)(?: of you)?|much appreciated|a lot|very much|so much|that'?s (?:all|it|great|
    perfect|enough|good)|bye|goodbye|good ?night|see you(?: later)?|have a (?:nice|good|great) \w+|for (?:the|
    your) help|for now|then|night night|nighty night|sweet dreams|(?:i'?m |we'?re )?just (?:looking|browsing)(?: around)?|(?:i|we)'?ll (?:watch|take|have|go (?:with|for)) (?:it|that one|this one|that|the (?:first|second|third|last) one)|no thanks|no thank you|nothing else|
    i'?m (?:good|fine)|(?:you'?re|your|ur|u r) (?:great|the best)|(?:we|i)'?ll give (?:it|that) a (?:go|try)|alright|(?:you'?re|you are) (?:really |so |very |pretty )*(?:quick|fast|clever|smart|funny|amazing|good at this)|i like (?:you|that about you)|again)[\s!,.]*)+
    """
)
THANKING = re.compile(
    r"^(?:(?:perfect|great|wonderful|lovely|brilliant|excellent|super|splendid|marvellous|that(?:'ll| will) do)\b[^?]{0,40}\b(?=thank|cheers))?(?:thank(?:s| you)|cheers|ta|much obliged|many thanks|bless you)\b(?!.*\b(?:films?|movies?|but|show|find|another|more|something|what|who|how|when|with(?:out)?|now|instead)\b)[^?]{0,60}$"
)
NEVER_MIND = re.compile(
    r"(?:^|[.!,;] )(?:forget it|never ?mind|leave it|no worries)[,!. ]+(?:but )?(?:thanks?|thank you|cheers)(?: anyway| though| all the same)?\W*$"
)
PRAISED = re.compile(
    r"(?:^|[,.!;] )(?:and |but )?(?P<title>[^,.!;?]{1,60}?) (?:was|were) (?:(?:absolutely|really|so|just|truly|simply|very) )*"
    r"(?:great|wonderful|brilliant|fantastic|amazing|lovely|perfect|superb|excellent|beautiful|good|a (?:delight|joy|treat|masterpiece))(?=\s*(?:[!.;,]|$))(?![^.!]*\?)",
    re.IGNORECASE,
)
CALLED = re.compile(
    r"\b(?:film|movie|one|documentary) (?:(?:that(?:['’]s| is| was)|which (?:is|was)|simply|just) )?(?:called|named|titled|entitled) [\"“]?(?P<title>[^\"”?!]{1,80}?)[\"”]?\W*$",
    re.IGNORECASE,
)
HELP = _glued(
    r"""
    \b(?:what (?:can|do) you (?:do|help (?:me |us )?with)|who are you|what are you|how (?:do|does|can) (?:i|this|you|it) (?:use|work|help)|
    how does this work|^(?:please )?help(?: me)?(?: please)?\W*$|^help\b(?! me (?:find|pick|choose|remember|identify))|what can i (?:ask|say|
    do)|(?:are )?you (?:an?|really an?) (?:real )?(?:bot|ai|human|robot|person|machine)|(?:is this|am i (?:talking|speaking|chatting|writing) (?:to|with)) an? (?:real )?(?:bot|ai|human|robot|person|machine)|your (?:features|abilities|commands)|instructions\?)
    """
)
INJECTION = _glued(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:instructions?|rules?|prompts?|guidelines|
    restrictions)\b|\bsystem prompt\b|\byour (?:initial |hidden |secret )?(?:prompt|instructions)\b|\bjailbreak\b|
    \bdeveloper mode\b|(?-i:\bDAN\b)|\bpretend (?:to be|you(?:'re| are))\b|\bact as (?:an?|if|my)\b|\brepeat (?:the|
    everything|all).{0,20}(?:above|words)|\byou are now\b|\bapi[ -]?key\b|\b(?:reveal|print|show|
    tell) (?:me )?(?:your|the) (?:password|secret|key|source|config|instructions|token)|\bdrop table\b|\brm -rf\b|
    <script|/etc/passwd
    """,
    re.IGNORECASE,
)
OFF_TOPIC = _glued(
    r"""
    \b(?:weather|(?:will|does|did|is) it (?:going to )?(?:rain|snow|raining|snowing|hail|freez\w+|be (?:sunny|cold|hot|warm|windy|cloudy))\b|forecast(?! (?:the|its|of|for|how) )|recipes?|cook (?:me|a|some)|(?:stock|share) (?:prices?|markets?)|(?:sell|buy) (?:my|some|the) (?:shares|stocks|house|car)|bitcoin|
    crypto|football (?:score|match)|who won (?:the|last)|president of|prime minister|capital (?:city )?of|translate|
    teach me\b|how (?:do (?:you|i)|to) say\b|write (?:(?:me|him|her|us|them|(?:my|our) \w+) )?(?:an?|some|my|the|this|that) (?:\w+ )?(?:poem|essay|code|email|letter|script|song|function|program|story|
    haiku)|(?<!monty )python|javascript|homework|solve|calculate|square root|tell (?:me|us) a joke|another joke|latest news|
    news today|what time is it|what day is|what(?:'s| is) the (?:time|date)|book (?:me |us )?(?:an?|two|three|four|some|\d) (?:flights?|tables?|hotels?|
    taxis?|seats?|tickets?|rooms?)|passwords?|order (?:\w+ ){0,5}(?:pizzas?|food|takeaway|take-?out|curry|dinner)|(?:flights?|hotels?) (?:to|from|in)|premier league|world cup|crossword|cover letter|legally|landlord|headache|diagnos|my (?:password|bank|computer|wifi|phone|
    tax(?:es)?|homework)|credit card|how to (?:make|build|hack|fix|cook|get|lose|learn)|meaning of life|
    do you love me|marry me|vote for|election|exchange rate|define |lottery (?:numbers?|results?|tickets?)|horoscope|conjugate|traffic|directions to|
    restaurants?(?: near(?:by)?|\?)|nearest|excel|spreadsheets?|formulas?|phone numbers?|email address|home address|printers?|
    invoices?|wi-?fi|laptop|explain (?:(?!film|movie|plot|ending|story|title)\w+ ){1,4}to me|iphones?|smartphones?|which (?:phone|car|computer|tablet|tv|camera|bank)|my (?:cv|resume|boss|car|cat|dog|baby|knee|back|head|tooth|teeth))\b|
    ^(?:please |can you |could you |pls )*(?:sing|read me|tell me a (?:story|bedtime)|play me a song|fix|repair|debug|install|call|email|text|order|book|remind me (?:to|at|in)|translate|convert|compute|draw|
    schedule|compose|proofread|set (?:an?|my) (?:alarm|timer))\b|\d\s*[+*/×x^]\s*\d|\bwhat(?:'s| is) \d[\d.,]* ?(?:[+*/×x^%-]|plus|minus|times|divided|percent|in (?:words|miles|feet|inches))|\bhow (?:tall|far|heavy|big) (?:is|
    are)\b|\bhow many (?:people|countries|days|planets|legs|calories|kilometers|miles)\b
    """
)
FILM_WORDS = _glued(
    r"""
    \b(?:films?|movies?|flicks?|cinema|watch|watching|directed|director|starring|actors?|actress|cast|posters?|plot|
    genre|musicals?|romances?|cartoons?|sing-?along|documentar\w+|comed\w+|thrillers?|westerns?|drama\w*|horror|sequel|scene)\b
    """
)
QUESTION = _glued(
    r"""
    ^(?:and |so |but |ok(?:ay)?,? |well,? |hmm,? )*(?:who|whose|what|when|where|which|how|is|was|are|were|does|did|do|has|
    have|can|could|would|will|tell me|explain|give me|describe|more (?:about|info|details))\b
    """
)
RECAP = _glued(
    r"""
    ^(?:did|have) i (?:not )?(?:already )?(?:tell|told|say|said|mention(?:ed)?|ask(?:ed)?)\b|\bwhat (?:was|is) (?:it|that) (?:that )?(?:i|we)(?:'d| had| was| were)? (?:\w+ )?(?:ask|want|say|said|look|search|request)\w*\b|
        \bwhat(?: all| else| exactly| actually| again)? (?:did|have|was|were|am|are|is) (?:i|we|my|the|our) (?:\w+ )?(?:ask|asked|asking|look|looking|want|
    wanted|say|said|request|search|searching|after|current|filters?|criteria|constraints?|plan|search)\w*\b|
    \bremind me (?:what|of)\b(?! (?:its|the|his|her|their) (?:cast|plot|story|director|actors|length|year)\b)|\bwhere were we\b|\bwhat(?:'s| is| are) (?:my|the|our) (?:current )?(?:filters?|
    criteria|constraints|search|plan|request|wish\w*)\b|\b(?:summari[sz]e|recap)\b(?!.*\b(?:film|plot|movie|story|
    it)\b)
    """
)
TASTES = _glued(
    r"""
    \b(?:what|which)(?: (?:films?|movies?|ones?|titles?))?(?: do| did| have| are| were)? (?:i|my|you (?:know|
    remember|think)(?: about me| i)?)\b.*\b(?:likes?|liked|loved?|dislikes?|disliked|hate[ds]?|seen|watched|
    favou?rites?|tastes?|enjoy(?:ed)?)\b|\b(?:show|list)(?: me)? (?:my|what i(?:'ve)?) (?:likes?|liked|dislikes?|
    favou?rites?|seen|watched|tastes?|watch ?list|(?:viewing |watch )?history(?=\W*$))|\bmy (?:likes|favou?rites|tastes|watch ?list)\s*\??$|
    \bwhat do you know about me\b
    """
)
CLEAR = _glued(
    r"""
    \b(?:forget|clear|delete|erase|reset|wipe|remove)\b(?: about)?(?: all)?(?: of)? ?(?:my |what i(?:'ve)? |
    that i(?:'ve)? |everything i(?:'ve)? |the films i(?:'ve)? |films i(?:'ve)? )(?P<what>.*)
    """
)
FETCH_MODEL = re.compile(
    r"^(?:(?:yes|ok(?:ay)?|sure|please|can you|could you)[, ]+)*(?:fetch|pull|download|install|get)(?: me)? (?:the |that |this |your |it,? the )?(?:missing )?(?:language |ollama )?model\b"
)
RESET = _glued(
    r"""
    ^(?:(?:ok|okay|please|let'?s|can we|now)[ ,]+)*(?:start(?:ing)? (?:all )?over|start again|start afresh|
    start fresh|reset(?: (?:everything|all|it|the (?:search|conversation|filters)))?|new (?:search|conversation|
    chat)|(?:clear|forget|remove|drop) (?:everything|all (?:the )?filters|the filters|all filters|all of (?:it|
    that)|it all|all(?: that)?)(?: (?:i said|i asked|so far|please))*|clean slate|
    from scratch|(?:scrap|scratch|forget|drop) (?:that|it|this)|never ?mind(?: (?:that|it|all that))?)[\s!.]*(?:please)?[\s!.]*$
    """
)
WHY_NOT = _glued(
    r"""
    \bwhy (?:not|no|isn'?t|is not|aren'?t|wasn'?t|didn'?t|don'?t|haven'?t|hasn'?t|did (?:you|it|u) (?:not|leave|
    skip|exclude|drop|ignore)|is .+ (?:not|missing|excluded|left out))\b|\b(?:what happened to|where(?:'s| is)) (?!.*\b(?:from|made|shot|filmed|set)\b).+
    """
)
WHY = re.compile(r"^(?:and |but |so |hmm,? )*(?:why|how come|what makes you|what made you)\b")
MORE = _glued(
    r"""
    ^(?:(?:ok|okay|yes|and|no|nah|nope|hmm|please|can (?:i|you)|could (?:i|you)|i(?:'d| would)? (?:want|like|need)|show me|
    give me|let me see|see|have|get|any|got|some|what about|do you have|are there)[ ,]+)*(?:(?P<n>\d{1,2}|one|two|
    three|four|five|six|seven|eight|nine|ten|a few|some|a couple|a couple of) )?(?:more|another|others?|else|next|
    different ones?|(?:the )?next (?:ones?|page|batch|few)|other (?:ones?|options|suggestions|ideas|films|movies|
    results|choices)|different (?:options|suggestions|films|movies|ideas)|something else|anything else|what else|
    more (?:of (?:these|those|them|the same)|options|suggestions|ideas|films|movies|results|like (?:these|those|
    that|them)|please)|keep going|go on|continue)(?: (?P<n2>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|
    ten|few|couple|batch|set|suggestions?|options?|films?|movies?|ones?))?(?: (?:then|please|films?|movies?|
    suggestions?|options?|ones?|to choose from|do you have|have you got|is there|you have|you(?:'ve)? got|instead|
    like (?:these|those|that|this|them)))*[\s?!.]*$
    """
)
REJECT = _glued(
    r"""
    ^(?:no[, ]+)?(?:not|no|skip|anything but|except|(?:i|we) (?:don'?t|do not) (?:want|like|fancy)|don'?t (?:want|like)|remove|drop|
    without|lose|take out|get rid of|scratch)\s+(?:to (?:see|watch) )?
    """
)
YES = _glued(
    r"""
    ^(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please do|do (?:it|that|so)|go ahead|go on|alright|fine|of course|
    absolutely|definitely|why not|drop (?:it|that)|sounds good|correct|right|exactly|it (?:was|is|did|does)|
    i think so|probably|possibly)(?:[ ,]+(?:please|do|it (?:was|is|did)|drop (?:it|that)|go ahead|do (?:it|that)|
    i think(?: so)?|there was|they did|he was|she was|yes))*[\s!.]*$
    """
)
NO = _glued(
    r"""
    ^(?:no|nope|nah|not really|not at all|it (?:wasn'?t|isn'?t|didn'?t)|never|i don'?t think so|definitely not|
    certainly not)(?:[ ,]+(?:it (?:wasn'?t|isn'?t|didn'?t|was not)|i don'?t think so|not really|there wasn'?t|
    thanks))*[\s!.]*$
    """
)
BESIDES_IT = re.compile(r"\b(?:besides|other than|apart from|except(?: for)?) (?:that|this|it)(?: one| film| movie)?(?=\W|$)")
COUNTED_FURTHER = re.compile(
    r"^\W*(?:(?:are|were|is|and) )*(?:without|with|by|from|in|under|over|before|after|not|that are|which are|longer|shorter|rated)\b(?!.*\b(?:do you have|in all|altogether|in total|have you)\b)"
)
SEQUEL = re.compile(
    r"^(?!.*\b(?:no|not|without|but)\b).*\b(?:sequels?|prequels?|second part|third part|follow-?ups?|part (?:two|2|three|3)|(?<=is there a )(?:second|third) one|(?<=was there a )(?:second|third) one|another part|more parts|other parts)\b(?! of (?!it\b|that\b|this\b))"
)
POPULAR = re.compile(
    r"^(?:and |so |ok,? )*(?:what(?:'s| is| are)?(?: the)? (?:most )?(?:popular|trending|everyone watching|people watching)|what do (?:people|others|most people) (?:watch|like))(?: (?:right )?now| here| these days| at the moment| on here)?\W*$"
)
UNSURE = _glued(
    r"""
    \b(?:don'?t (?:know|remember|recall)|not sure|no idea|can'?t (?:say|remember|recall)|maybe|perhaps|unsure|dunno|
    hard to say|skip|i forget|forgot)\b
    """
)
FOUND = _glued(
    r"""
    \b(?:that'?s (?:it|the one|right|the film|the movie)|yes,? that(?:'s| is| was)|you (?:got|found) it|
    it'?s that one|found it|bingo|exactly that|that was it)\b
    """
)
SEEN = _glued(
    r"""
    \b(?:i(?:'ve| have)?|we(?:'ve| have)?|(?:he|she)(?:'s| has)|they(?:'ve| have)|already)\s+(?:(?:both|all|already|just|actually|unfortunately|
    recently)\s+)*(?:seen|saw|watched|see(?= already\b)|know(?! (?:all the|the|that|what|how|where|who|why|when|about|of|nothing|you)\b))\b(?! (?:everything|every|most|loads|lots|plenty|(?:too|so) many|all (?:his|her|their|the|of (?:his|her|their)))\b)|\b(?:my|our) \w+(?:'s| has| have)? (?:already |just )?(?:seen|saw|watched)\b|\b(?:he|she|they) (?:already |just |both )?(?:saw|watched)\b|^(?:already )?(?:seen|watched) (?:it|that|this|them|all)|^seen\b|^(?:just |already )?(?:saw|watched) (?!any|every|it\b|that\b|this\b)\w|^(?:only |i (?:only )?|we (?:only )?)?just (?:seen|saw|watched|finished)\b
    """
)
KNOWN = _glued(
    r"""
    \b(?:i|we|he|she|they|(?:my|our) \w+)(?:'ve|'s| have| has)? (?:(?:already|just|both|all|also) )?(?:done|did|worn out|covered|caught|sat through|memori[sz]ed)\b(?! (?:with|for)\b)|
    ^(?:(?:ok|well|no|nah|but|and),? )*(?:done|did|covered|worn out) |\b(?:i|we|he|she|they|(?:my|our) \w+) knows? .{2,60}\b(?:by heart|backwards|inside out)\b|
    \b(?:i|we|he|she|they) (?:can|could) (?:recite|quote|hum)\b|
    \b(?:i|we|he|she|they) (?:know|knows|did|saw|had|watched) (?:(?:it|that) )?(?:(?:off )?by heart|backwards|at|on|over|already|last)\b|
    \bseen(?= *(?:,|\.|$)| (?:it|that|this|them)\b)|^(?:saw|seen|watched|did) (?:it|that|this)\b|\b(?:twice|\d+ times|a (?:hundred|million|thousand) times) (?:already|now)?|\balready\W*$|\b(?:are|is) (?:all )?done\W*$
    """
)
_WHO_KNOWS = r"\b(?:i|we|he|she|they|you|(?:my|our|the) \w+)(?:'ve|'s| have| has)?\b"
OF_KNOWING = re.compile(
    _WHO_KNOWS
    + r"|\b(?:have|has|'ve|seen|saw|watched|watch|done|did|know|knows|covered|caught|worn out|sat through|memori[sz]ed|(?:can|could) (?:recite|quote|hum)|leave (?:those|them|that|it) out|please|(?:off )?by heart|(?:are|is) (?:all )?done|skip it|skip them|backwards|inside out|already|"
    r"just|both|all|also|too|obviously|before|again|either|twice|(?:about |like )?(?:\d+|a (?:hundred|million|thousand)) times|anything but (?:those|them|that|these)|(?:last|this|every) \w+|at (?:\w+ )?\w+$|ok|well|no|nah|but|next|now)\b|['’]ve\b",
    re.IGNORECASE,
)
"""What surrounds the titles in a sentence that says somebody knows them."""
LIKED = _glued(
    r"""
    \b(?:i|we)\s+(?:(?:really|absolutely|totally|both|just|also|quite|do|did)\s+)*(?:loved?|liked?|adored?|
    enjoy(?:ed)?)\b(?! (?:(?:it|also|too|best|most) )*(?:when|if|how)\b)|\b(?:it|that|this) (?:was|is) (?:great|amazing|wonderful|my favou?rite|brilliant|fantastic)|
    ^(?:loved|liked|enjoyed)\s|thumbs up|\bmy favou?rite (?:film|movie)?\s*(?:is|was)|
    \bi'?m a (?:big |huge )?fan of
    """
)
DISLIKED = _glued(
    r"""
    \b(?:i|we)\s+(?:(?:really|absolutely|both|just)\s+)*(?:hated?|disliked?|didn'?t (?:like|enjoy|care for)|
    don'?t (?:like|enjoy|care for)|can'?t stand|couldn'?t stand|did not like|do not like)\b|\bnot for me\b|
    thumbs down|^(?:(?:really|absolutely) )?(?:dislike|hate|can'?t stand|loathe)\b|\b(?:it|that) was (?:terrible|awful|boring|bad)|^(?:hated|didn'?t like)\s
    """
)
INVENTORY = _glued(
    r"""
    \b(?:what|which|list|show|all)(?: are)?(?: me)?(?: all)?(?: of)?(?: the| your)? (?P<what>genres\b|languages?|
    countries|decades|kinds? of (?:films?|movies?)|types? of (?:films?|movies?)|sorts? of (?:films?|movies?)|
    categories)\b|what(?:'s| is) in (?:your|the|this) (?P<all>catalogue|catalog|library|collection|database)|
    \bhow (?:big|large) is (?:your|the|this) |what (?:films|movies) do you have\s*\??$|what do you have\s*\??$|
    what have you got\s*\??$
    """
)
COUNT = _glued(
    r"""
    \b(?:how many|(?:what|give me|tell me) (?:is )?the number of|count (?!as\b)(?:of |the |all )?)\s*(?P<what>.*)
    """
)
COUNT_OF_THAT = re.compile(
    r"\W*(?:(?:would|does|do|is|are|did) )?(?:that|those|these|they|there)(?: (?:be|make|leave|come to|like (?:that|this|those|these)))?(?: (?:now|then|left|all in all|altogether|in (?:all|total)))*\W*"
)  # "how many would that be all in all?"
COUNT_TALK = _glued(
    r"""
    \b(?:do|does|did|have|has|are|is|there|you|we|i|got|exist|in (?:your|the|this|my|all)|catalogue|catalog|library|
    collection|database|here|of (?:them|those|these)|available|altogether|in total|total|know|of your|all)\b
    """
)
HAVE = _glued(
    r"""
    ^(?:(?:so|and|but|ok|hi|hello|hey|please|well)[ ,]+)*(?:(?:can|could|would) you (?:please )?(?:put on|play|show me|find me|find|get me|start)|do (?:you|we) (?:have|know|stock)|have you (?:got|
    seen)?|got|is there(?: a (?:film|movie) called)?|i(?:'d| would)? (?:want|like|love) to (?:watch|see)|
    i(?:'m| am) looking for|find(?: me)?|show me|play|put on|can (?:i|we) (?:watch|see)|let'?s (?:watch|see)|
    looking for|search for|what about|how about|who (?:directed|made|is in|stars in|starred in|plays in|was in)|who'?s in|how long is|
    (?:what|which) year (?:was|did|is)|when (?:was|did)|tell me (?:more )?about|what is|what'?s|is)\s+(?:the (?:film|movie) |a (?:film|movie) called |
    the (?:film|movie) called )?[\"“‘']?(?P<title>.+?)[\"”’']?(?: (?:in (?:the|your|this) (?:catalogue|catalog|
    library|collection)|here|available|on there|about|any good|come out|came out|made|released|in stock))*(?:,? and (?:who|what|how|when|where)\b.*)?\s*[?!.]*$
    """,
    re.IGNORECASE,
)
OF_ONE_FILM = re.compile(
    r"(?:who|what year|which year|when|how long) .|is (?:\S+ ){1,4}(?:any good|worth)", re.IGNORECASE
)  # a question of fact: a single word with a capital is its film then
LIKE_TITLE = _glued(
    r"""
    \b(?:like|similar to|in the (?:style|vein|spirit) of|reminds? me of)\s+(?P<title>[^,.;?!]+?)(?=\s+(?:but|only|
    just|except|though|from|with|without|and)\b|[,.;?!]|$)
    """,
    re.IGNORECASE,
)
LIKE_THAT = _glued(
    r"""
    (?:\b(?:more|something|anything|others?|films?|movies?|one|some|another|stuff)\s+)*\b(?:exactly |just |a bit |
    kind of )?(?:like|similar to|in the (?:style|vein|spirit) of|along the lines of)\s+$
    """
)
LIKE_CUE = re.compile(
    r"(?<!\bi )(?<!\bwe )(?<!\bthey )(?<!n't )(?<!\bdo )(?<!\bdid )(?<!\bnot )\b(?:like|similar to|in the (?:style|vein|spirit) of|along the lines of) "
)
SAME = _glued(
    r"""
    \b(?:the )?same (?:\w+ (?:or|and) )?(director|actors?|cast|actress|star|lead|year|decade|era|country|language|genres?|maker|
    film-?maker)\b|\bwhat else (?:did|has|have|does) (?:he|she|they|(?:its|that|the|this) (?:director|film-?maker))\b|
    \bwhat other (?:\w+ )?(?:films?|movies?|things?|stuff) (?:did|has|have) (?:he|she|they)\b|\bwhat (?:did|has|have) (?:he|she|they) (?:make|made|do|done|direct|directed)\b|\b(?:did|has) (?:its|that|the|this) (?:director|film-?maker) (?:make|made|do|done|direct|directed)\b|\b(?:films?|movies?|features?|ones?|anything|something|stuff)(?: else)? of (?:his|hers|theirs)\b|
    \b(?:another|other|more) (?:films?|movies?|ones?) (?:in which|where|that) (?:he|she|they) (?:appears?|stars?|plays?|acts?|is in|are in)\b|\b(?:his|her|their) (?:other|earlier|later|best|first|last) (?:films?|movies?|works?|stuff|ones?)\b|
    \b(?:did|has|have|does|didn'?t|hasn'?t) (?:he|she|they) (?:also )?(?:do|done|make|made|direct|directed|(?:star(?:red)?|act(?:ed)?|appear(?:ed)?|been|play(?:ed)?) in) (?:an?|any|some|other|more|anything|something)\b|\b(?:by|from) (?:him|her|them|(?:the|that|this|its) (?:director|film-?maker))\b|\bwith (?:the|that|this|its) (?:director|film-?maker)\b|\b(?:others?|more|another|films?|movies?) of (?:the|that|this|its) (?:same )?(?:director|film-?maker)\b|\bwith (him|her|
    (?:the|that|this|its) (?:(?:lead|leading|main) )?(?:actor|actress|star|lead|man|lady))\b
    """
)
ELSE = _glued(
    r"""
    \b(?:(?:what|who|any(?:thing|one)?|some(?:thing)?|nothing) else|else|
    other (?:\w+ ){0,3}(?:films?|movies?|stuff|ones?|works?|things?|comed(?:y|ies)|dramas?|thrillers?|westerns?|musicals?|documentar(?:y|ies)|romances?|fantas(?:y|ies)|cartoons?|
    mysteries|horrors)|another (?!(?:time|day|night|idea|thing|mood|era|decade|year|language|country|genre|half|hour|hours|minutes?|chance|try|look|go)\b)\w+|
    a different (?!(?:time|day|night|idea|thing|mood|era|decade|year|language|country|genre)\b)\w+|
    (?:make|made|do|done|direct|directed) any (?:others?|more)|(?:(?:any|some|show me|find me|got) )?(?:more|others?) (?:by|from|with|of)(?! (?:these|those|them|the same|a|an|that|this|it)\b))\b
    """
)
FURTHER = re.compile(r"\b(?:more|others?|another|further)\b")
SET = re.compile(
    r"^[^?]{0,50}\b(?:ready|set|sorted|settled|done|off|decided|popcorn|perfect|lovely|great)\b[^?]{0,30}(?:thanks|thank you|cheers)(?: a lot| so much)?[\s!.]*$"
)
ALL_PARTS = re.compile(
    r"^(?P<title>[^,?.]{2,60}?),? (?:every|all(?: the)?|each|all of the) (?:parts?|ones?|films?|movies?|instal?lments?)(?: of (?:it|them))?(?:,? please)?[\s.!?]*$",
    re.IGNORECASE,
)
UNDO = re.compile(
    r"^(?:(?:please|ok|no|hmm|oh|sorry|actually|can you|could you)[, ]+)*(?:undo|revert|(?:take|go|step) (?:(?:that|it|one step|a step) )?back)(?: (?:that|it|(?:the|that|my) last (?:bit|one|thing|step|change)|one step|a step|please))*[\s.!]*$"
    r"|^(?:as|like|how|what) (?:it|we|i) (?:was|were|had)(?: it)? (?:just )?before[\s.!]*$"
)
PLEADED = re.compile(
    r"^(?:(?:oh|but|aw+)[, ]+)*(?:please|pretty please|come on|go on|just this once|why not|can'?t you|only a (?:small|little|quick) one)\b"
)
THE_OTHER = re.compile(r"\bthe other(?: one| film| movie)?(?=\s*(?:[?!.,]|$|then\b))", re.IGNORECASE)
BOX_OFFICE = _glued(
    r"""
    \b(?:predict|forecast|estimate)\b.*\b(?:box office|revenue|earn\w*|gross|make|money|takings)\b|
    \bwhat (?:would|will|could|might) .*\b(?:gross|earn|make at the box office|bring in|take at)\b|
    \bhow much (?:money )?(?:would|will|could|might|can|should) .*\b(?:make|earn|gross|take|bring)\b|
    \bwhat (?:does|do|would|will) (?:it|that|this|we|they) (?:take|make|earn|do|gross)\b.*\bbox[- ]office\b|
    \b(?:spends?|spent|costs?|budget)\b.*\b(?:would|will|could|might) (?:it|we|they|that) (?:take|make|earn|gross|bring)\b|
    \bbox[- ]office (?:forecast|prediction|estimate)\b|\bwhat box[- ]office (?:would|could|can|might|should|will)\b
    """
)
PLOT_GENRES = _glued(
    r"""
    \b(?:genres?|kind of film|type of film|kind of movie)\b.{0,60}?(?:\bplot\b|\bstory\b|\bfilm\b|\bmovie\b|
    \bthis\b|\bsynopsis\b).{0,30}?[:\n“\"]\s*(?P<plot>.{15,})|\b(?:classify|categori[sz]e|genre of) (?:this|
    the following)?\s*(?:plot|story|synopsis|film|movie)?\s*[:\n“\"]\s*(?P<plot2>.{15,})|
    ^(?:what|which) (?:genre|kind of film|sort of film)(?:'s|’s| is| would) (?:this|that|it)(?: be)?,?(?: (?:d['’]you|do you|would you) (?:think|say|reckon))?[?:]\s*(?P<plot3>.{40,})
    """,
    re.IGNORECASE | re.DOTALL,
)
WHICH = _glued(
    r"""
    ^(?:(?:and|so|ok(?:ay)?|well),? )*(?:which|what)(?:'s)?(?P<what>(?: \w+){0,2}?) (?:films?|movies?|
    one)(?: of yours| here)? (?:is|are|was|were)(?: the)?
    """,
    re.IGNORECASE,
)
SIMILAR = re.compile(
    r"^(?:k|ok(?:ay)?|so|thx|thanks|thank you|ta|cheers|sth|smth|[!.]|any(?:thing)?|some(?:thing)?|is there|are there|(?:have you |you(?:'ve)? )?got|do you have|with|of|show me|find(?: me)?|more|other|others|what else is|films?|movies?|and|or|ones?|,|\s)*\b(?:similar|alike|in that (?:vein|style|spirit)|which ones? resembles?|resembl(?:e|es|ing) (?:it|that|this)|(?:along|in) the same (?:lines?|vein|spirit|style|mould)|what(?:'?s| is) close to (?:it|that|this)|as \w+ as (?:that|it|this)\b|(?:with )?(?:that|the) same (?:\w+ )?(?:energy|vibe|feel(?:ing)?|spirit|mood|atmosphere|style))\b"
)
EARLIER = re.compile(
    r"\blike the (?:last|first|second|third|previous|other) (?:one|film|movie)\b|\b(?:you|we) (?:showed|suggested|recommended|found|talked about)\b"
)
BARE_FACT = re.compile(
    r"^(?:and |the |its |his |her )*(?:directors?|cast|actors?|stars?|year|runtime|running time|length|plot|story|genre|language|country|rating|rated|budget|box office)\s*\??$"
    r"|^(?:and )?(?:which|what) (?:country|language|year|genres?|director)(?: (?:is|was) (?:it|that))?(?: (?:from|in))?\s*\??$"
)
UNKNOWN_PERSON = re.compile(
    r"\b(?:by|with|starring|featuring|directed by|from director)\s+(?P<name>[\w'’.-]+(?: [\w'’.-]+){0,3}?)\s*(?:in it)?\s*[?!.]*$",
    re.IGNORECASE,
)
AMONG = re.compile(
    r"^(?:and |so |but |ok(?:ay)? |,)*(?:(?:(?:are|is|was|were|did|do|does|have|has) )?(?:any|one|some|either)|which|what|show me the ones) (?:one |ones )?(?:of|out of|among) (?:those|them|these)\b"
)
ASKS_FILMS = re.compile(
    r"^(?:what(?:'?s| is) (?:(?:like|close to|similar to) (?:it|that|this)|good|best|nice|right|fun)\b|what (?:do you (?:have|recommend|suggest)|to|else|about|have|\w+ (?:films|movies))|how about|(?:can|could) you (?:recommend|suggest|find|show|give|pick)|"
    r"do you (?:have|know|recommend))\b|\b(?:watch|see|screen|put on|view|recommend|suggest|pick|choose|stream)\b"
)
COMPARED = re.compile(
    r"^(?=.*\b(?:which|what)\b)(?=.*\b(?:longer|shorter|older|newer|earlier|longest|shortest|newest|oldest|(?:came|made|released) (?:out )?first)\b).*\b(?:or|and|vs)\b"
    r"|^(?:and |so |but )*(?:is|was) (?=.*\b(?:longer|shorter|older|newer)\b).*\b(?:or|than)\b"
)
AND_A_FACT = re.compile(r"\band (?:how|who|when|what|where|is|was|does|did|would|has)\b.*\b(?:it|that)\b")
STANDING = re.compile(
    r"\b(?:i (?:really |just )?(?:don't|do not) (?:do|like|watch|enjoy|dig)|never|ever|always|hate|hates|loathe|can'?t stand|cannot stand|allergic to|under no circumstances)\b"
)
YES_AND_MORE = re.compile(
    r"^(?:(?:yes+|yep|yeah|yup)\b[!.,\s]+(?=that'?s (?:it|the one)\b[!.,\s]+(?:now )?(?:what (?:do|else|other)|any|something|show|find|got|do you have|have you)))?"
    r"(?:yes+|yep|yeah|yup|that'?s (?:it|the one)|correct|bingo)\b[!.,\s<3♥❤]+(?:(?:thanks|thank you|cheers|ta|great|brilliant|perfect)\b[!.,\s]+)*(?=(?:and )?(?:when|who|what|how|where|which|is|was|any(?:thing)?|something|show me|find me|got|do you have|have you)\b)",
    re.IGNORECASE,
)
SHORTENED = re.compile(r"^((?:and |so |ok,? )*(?:how (?:long|old)|when|where))['’]?s\b", re.IGNORECASE)
EXCLAMATION = re.compile(
    r"^(?:oh+|ah+|h+m+|aha|ooh|oops|wow|ha(?:ha)*|lol|ugh|argh|well)[.!…]+\s+(?=\w)|\s*[:;]-?[)(DP](?!\w)", re.IGNORECASE
)
THAN_A_FILM = re.compile(
    r"^(?!.*\b(?:like|similar|same)\b).*\b(?:newer|older|longer|shorter|earlier|later|more recent)(?: ones?| films?| movies?)? than (?!\d)"
)
NO_SERIES = re.compile(
    r"\b(?:but )?(?:not|no|none of|nothing from|without|except(?: for)?|skip|no more) (?P<which>an? |any |the |another |any of the |of the )?"
    r"(?P<title>[\w'’&.:-]+(?: [\w'’&.:-]+){0,4}?) (?:ones?|films?|movies?|trilogy|series|saga|franchise)\b",
    re.IGNORECASE,
)
SEEN_THEM = re.compile(
    r"[,;.]? *(?:i(?:'ve| have)? |we(?:'ve| have)? )?(?:already )?(?:seen|know) (?:them|those|it)(?: all)?(?: already)?",
    re.IGNORECASE,
)
NEVER_AGAIN = re.compile(r"\b(?:never|don'?t(?: ever)?|do not(?: ever)?) (?:show|suggest|recommend|offer)\b")
NOT_THE_ONE = re.compile(
    r"^(?:and |but |ok,? |just )*not the [\w'’ -]{2,30}? one\b(?=\s*(?:[.!]|$|, (?:i|we|he|she|they|it)\b))"
)  # "not the Cuban one, I own it"
WITHOUT_THEM = re.compile(
    r"(?<!with or )\b(?:without|not with|minus|no more of|any(?:one|body) but) (?:him|her|them|that (?:actor|actress|guy|director))\b"
)
AWAY = re.compile(
    r"\b(?:so |but |just |please )*(?:not (?:that|it|this)(?: one| film| movie)?(?: again| please| either| then| though| thanks)*|(?:leave|take|keep) (?:it|that(?: one)?) out(?: of it)?|(?:skip|drop|lose) (?:it|that(?: one)?)|(?:i|we) (?:really )?(?:don'?t|do not) (?:want|fancy|need) (?:it|that|this)(?: one)?(?: either| too| again)?)\s*(?:$|[.,;!])"
)
SOMEBODY_ELSE = re.compile(
    r"\b(?:by|from|with) (?:some(?:body|one)|any(?:body|one)) else\b|\bby (?:another|a different|other) (?:directors?|film-?makers?)\b"
)
HEAD_THEN_QUESTION = re.compile(
    r"(?:^|(?<=[.!?] ))(?P<head>[^.!?…]{2,80}?)\s*(?P<stop>[.,;:!?…–—]+|\s-)\s+"
    r"(?P<asked>(?!.*\b(?:recommend|suggest|similar|films|movies|(?:more|something|anything|others?) like (?:it|that|this)|(?:any|some)thing (?:in|along|of|with)|show|find)\b)"
    r"(?:(?:and|so|but) )?(?:(?:is|was|does|did|has|will|would|can|could|isn'?t|wasn'?t|who|how|when|what'?s?|where)\b[^.!?]*\b(?:it|that|this)\b"
    r"|(?:will|would|should|can) (?:i|we)\b(?=[^.!?]*\?)|(?:tell me|what do you know) (?:more |something )?about\b"
    r"|(?:(?:and|so|exactly|roughly|about),? )?how long\b|who(?:'s|s)? (?:is )?(?:really |actually )?(?:directed|made|plays?|played|in\b|stars?|else|the\b)|when was|what happens|what year|which (?:country|language|year)|what(?:'s|s| is) (?:the |its )(?:story|plot|runtime|length)|(?:length|runtime|director|cast|year)(?=\s*\?*$)"
    r"|(?:is|are|was|were) (?:there|they|he|she)\b|(?:please )?tell me (?:he|she|they|it|the)\b)[^.!?]*\??)(?:(?<=\?)[^?]{0,60})?\s*$",
    re.IGNORECASE,
)
WHICH_IS = re.compile(
    r"^(?:and |so |ok,? )*which(?: (?:one|film|movie)| of (?:them|those|these))? (?:is|was) (?=(?:about|with|set in|the one)\b)",
    re.IGNORECASE,
)
OF_A_TITLE = re.compile(
    r"^.*[.!?]\s+(?P<asked>(?:(?:and|but|so) )?(?:is|was|does|did|has|who|how long|when)\b[^.!?]+\?)\s*$", re.IGNORECASE
)
ITS_PLOT = re.compile(r"^(?:and |please )*(?:give me|tell me|what(?:'s| is)) (?:the|its) (?:plot|story)\b(?! of\b)")
ANYTHING_WITH = re.compile(
    r"^(?:and |so )*(?:has|have|did|do) (?!you\b|i\b|we\b).{3,60}? (?:been|play|played|star|starred|act|acted|appear|appeared|do|done|make|made|directed?)(?: in)? (?:an?(?:y|ything)?|some(?:thing)?|one|another)\b"
)
WHICH_HAS = re.compile(r"^(?:and |so )*(?:which|what)(?: of yours| films?| ones?)? (?:has|have|had|got)\b.* in (?:it|them)\W*$")
THE_ONE = re.compile(
    r"^(?:and |so |ok,? )*(?:(?:which|what)(?:'s| is| was) )?(?:the|that) (?:one|film|movie) (?P<what>(?:with|about|where|in which|in (?:the|an?)|set in|that|from|by) \w.*)",
    re.IGNORECASE,
)
DROPPING = re.compile(
    r"(?:^|[.!;,] )(?:(?:so|then|ok|now|please),? )*(?:forget|ignore|drop|never ?mind) (?!it\b|that\b|this\b)\w"
)
BOOKING = re.compile(
    r"\b(?:book|reserve|buy|order)\b(?: \w+){0,3} (?:seats?|tickets?|tables?|taxis?|cabs?|flights?|hotels?|pizzas?)\b"
)
PART_PLAYED = re.compile(r"^(?:and |so )?who (?:plays?|played|acts as|acted|voices?|voiced) (?!in\b)\w")
_ROLE = r"(?:actors?|actress(?:es)?|cast|stars?|directors?|film-?makers?)"
TOGETHER = re.compile(
    r"^(?:(?:and|or|but|ok|no|hmm),? )*(?:ideally |preferably |rather |better )?(?:(?:is there |have you )?(?:an?y?|one|something|anything|films?|movies?)(?: one| film| movie)? (?=with both))?(?:(?:with )?(?:both|the two|all)(?: of them)? (?:together|at once|in one(?: film)?)|(?:with )?both(?: of them)?(?=\W*$|[?.!,;])|(?:in which|where|with) they(?:'re| are) together|them together|together)\b(?: (?:would|will) be (?:even |much )?(?:better|nicer|great|nice|ideal|perfect|best)\b)?"
)  # of several people of whom either would do: all of them
IN_ANY_OF_THEM = re.compile(
    r"^(?:and |so |but |hmm+,? )*(?:is|are|does|do|was|were|did|has|have) (?P<who>[^?]{3,60}?) (?:in|star in|play in|appear in|act in|direct|directed|made|make) (?:any|one|some|either) of (?:them|these|those)\W*$",
    re.IGNORECASE,
)
ANY_ROLE = re.compile(
    rf"\b(?:any|whatever|forget|drop|never ?mind|ignore|lose|no matter|regardless of|(?:don't|do not) care (?:about|who))(?: about)?(?: the| which| who the)? {_ROLE}\b"
    rf"|\b{_ROLE} (?:doesn't matter|does not matter|don't matter|isn't important|is not important|can be anyone|is up to you)\b"
    rf"|\b(?:whoever|no matter who|i don't care who|by any(?:body|one)(?= at all)) (?:made|directed|shot|did|is|stars?|plays?|acts?)(?: in)?(?: (?:it|them|that))?\b"
)
ONLY_THEM = re.compile(r"^(?:just|only) (?:him|her|that one|the last one)\b|^(?:him|her) (?:only|alone)\b")
LIKE_PICTURE = re.compile(
    r"\b(?:like|similar to|in the (?:style|vein|spirit) of|resembl\w+|along the lines of) (?:this|that|it|the (?:poster|picture|image))\b|\blooks? like\b"
)
PICTURE_CHECK = _glued(
    r"""
    \b(?:is|isn'?t|are|was) (?:this|that|it|these)(?: (?:image|picture|poster|one|thing|photo))? (?:an? )?(?:really |actually |even |at all )?
    (?:real|valid|genuine|fake|faked|authentic|legit|proper)\b(?: (?:(?:film|movie|cinema|one) )?posters?\b)?|
    \b(?:is|isn'?t|was|be|call|consider|take|count|pass|qualif\w+)\b[^?.!]{0,30}?\b(?:an?|any) (?:[\w-]+ ){0,3}posters?\b(?! of (?!an?\b))|
    \bposter at all\b|\b(?:real|valid|genuine|fake|authentic|legit(?:imate)?) (?:\w+ )?poster\b|\bposter (?:real|valid|genuine|fake|authentic|legit)\b
    """
)
PICTURE_GENRES = re.compile(
    r"(?<!same )(?<!other )(?<!another )\bgenres?\b|\b(?:what|which) (?:kind|sort|type) of (?:film|movie|story|picture)\b"
)
PICTURE_WHICH = _glued(
    r"""
    \b(?:what|which|whose)(?:'s| is| was| film| movie| title| poster)? (?:film|movie|poster|picture|this|that|is it|is this|is that|
    the (?:film|movie|title|name))\b|\bwhich (?:film|movie|one)\b|\b(?:identify|recogni[sz]e|(?:name|title) of|is (?:it|this|that) called|do you (?:know|have) (?:this|that|it)\b|
    where is (?:this|it) from)
    """
)
PICTURE_FILMS = _glued(
    r"""
    \b(?:like(?! (?:me|us|it'?s|you|an? (?:real |proper )?(?:film|movie|poster))\b)|similar|resembl\w+|same|vein|spirit|style|
    along (?:the|these|those) lines|find|show|recommend|suggest|give me|others?|another|something|anything|
    more (?:films?|movies?|of|from|by|with)|but)\b
    """
)
PERSON_OF = re.compile(
    r"\b(?P<cue>by|from|with|starring|featuring) (?P<role>the (?:director|maker|film-?maker|person who (?:directed|made)|(?:lead |main |leading )?(?:actor|actress|star|lead))) (?:of |from |in |behind )?(?:the (?:film|movie) )?"
    r"[\"“]?(?P<title>[^,;.?!\"”]+?)[\"”]?(?=\s*(?:[,;.?!]|$)| (?:but|and|that|from|before|after|under|with|without|please|only)\b)",
    re.IGNORECASE,
)
SERIES = re.compile(
    r"\b(?:all|the|every|any|your|those|both)?(?: of)?(?: the)?(?: (?:two|three|four|five|six|\d))? ?(?P<title>[\w'’&.:-]+(?: [\w'’&.:-]+){0,5}?) (?:films|movies|trilogy|series|saga|franchise|parts|sequels)\b",
    re.IGNORECASE,
)
COMPARE = re.compile(
    r"^(?:please |can you )?compare (?P<one>.+?) (?:and|with|to|vs\.?|versus) (?P<other>.+?)[\s.!?]*$", re.IGNORECASE
)
SECOND_PART = re.compile(r"^(?P<first>.+?):? (?:part )?(?:\d|ii|iii|iv|two|three|four|2nd|3rd)\W*$", re.IGNORECASE)
WHAT_IS_LEFT = re.compile(
    r"^(?:and |so |ok,? )*(?:what(?:'s| is| are| does that)? (?:left|remaining|remains|that leave(?: us| me)?|do i have (?:left|now))|which (?:ones )?(?:are|is) left|what are my options|what does that leave(?: us| me)?)(?: (?:then|now))?\W*$"
)
OTHERS_PLEASE = re.compile(
    r"^(?:(?:no|nah|meh|hmm+|ugh|oh)[,. ]+)*(?:boring|meh|nah|not (?:these|those|any of (?:these|those|them))|none of (?:these|those|them)(?: please)?|surprise me|you (?:choose|pick|decide)|don'?t care|whatever|i don'?t know|dunno|no idea|something good|anything good|anything)[\s.!?…]*$"
)
COMPARING = re.compile(
    r"\b(?:and |so |but )*^(?:is|was)\b|\bthan\b|\b(?:and |so )*(?:which|what)(?: (?:one|film|movie))?\b|\b(?:is|was|are|runs?|came|made|released)(?= (?:the )?(?:out |longer|shorter|older|newer|earlier|longest|shortest|newest|oldest|first))|"
    r"\b(?:the )?(?:longer|shorter|older|newer|earlier|longest|shortest|newest|oldest)(?: one| film)?\b|\b(?:out )?first\b",
    re.IGNORECASE,
)
