"""Roundabout sentences, put the way the sentence reader knows.

`plain` rewrites phrases that mean a constraint without naming it ("pre-war", "2 kids aged 5 and 8",
"live action"), `repaired` splits a sentence in which somebody corrects himself. Words are `chatter.py`'s
and `spelling.py`'s. Does not know films or the state of a conversation.
"""

from __future__ import annotations

import re

from rag.reading.places import country_names

_GENRE = r"(?:horror|comedy|drama|action|adventure|thriller|crime|romance|fantasy|sci-fi|mystery|war|western|music|musical|family|animation)"
_TIME = r"(?:(?:an? |one |two |three |four |\d[\d.]* ?)?(?:and a half )?(?:hours?|h)(?: and a (?:half|quarter)|(?: and)? ?\d{1,2}(?: ?min(?:ute)?s?)?)?|\d{2,3} ?(?:minutes|mins?))"
_NOTHING = r"(?:nothing|(?:don'?t|do not|never|not) (?:\w+ (?:me |us )?)?(?:anything|any (?:films?|movies?|ones?))|no (?:films?|movies?|ones?))"
_KIN = r"(?:mum|mom|mother|dad|father|wife|husband|partner|girlfriend|boyfriend|sister|brother|gran(?:ny|ma|dad|dpa)?|nan|kids?|son|daughter|friends?|flatmate)"
FINE_TOO = (
    r"^(?:actually,? |oh,? |and |but )*(?!(?:older|newer|longer|shorter|earlier|later|that|it|this)\b)([\w-]+(?: [\w-]+)?(?: ones?| films?)?) "
    r"(?:(?:is|are|would be) (?:also )?(?:fine|ok|okay|good|alright|great|welcome)|(?:would|will) (?:also )?(?:do|work)|works?) (?:too|as well|also)\W*$"
)
"""Another kind that would do as well: "Italian is fine too"."""
_PLAIN = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        # a limit of time, said in other ways
        (rf"\b({_TIME}) is (?:(?:my|our|the|his|her) )?(?:\w+ )?(?:limit|max(?:imum)?|ceiling|cap|most)\b(?: (?:i|we) (?:can (?:do|manage|take|stand)|have))?", r"at most \1"),
        (r"\b(?:can'?t|cannot|mustn'?t|must not|shouldn'?t|not|won'?t)(?: be)?(?: even)? (?:an? |one )?(?:single )?(?:minute|second) (?:over|above|past|longer than|more than) (?=\w)", "at most "),
        (r"\b(over|above|more than|at least) ((?:an|one|two|three|\d) hours?)\b,?(?: (?:but|and))? (under|below|less than|at most) ((?:one|two|three|\d)(?: and a half)?)(?=\s*(?:[?!.,;]|$))", r"from \2 to \4 hours"),
        (rf"\b(?:kicks? off|starts?|leaves?|goes|departs?|arrives?|comes?|begins?|is here|are here) in (?:exactly |about )?(?={_TIME}\b)", "at most "),
        (rf"\b(?:want|like|need) (?:it|that|this|them) (?:done|over|finished) (?:in|within) (?=\w)|\b(?:(?:call|make) it|you (?:can|may) have) (?={_TIME}\b)", "at most "),
        (rf"\b{_TIME}(?:[?!., …–-]+(?:no (?:thanks?|thank you|chance|way)|nope|never(?! ?mind)|christ|ouch|blimey|(?:far |way |much )?too long)| (?:is|are|feels?|sounds?) (?:a lot|(?:far |way |a bit )?too (?:much|long)))\b(?: (?:tonight|today|for \w+(?: \w+)?))?[.!?,… ]*", "shorter. "),
        (FINE_TOO, r"or \1"),
        (r"\b(?:not|nothing|never|no later than) (?:past|beyond) (?=(?:an? |one |two |three )?(?:hundred|hours?|\d{1,3}|eighty|ninety|half))", "at most "),
        (r"\b(?:i'?m|we'?re|he'?s|she'?s|i am|we are) off (?=(?-i:[A-Z][a-z]+ [A-Z]))", "no "),
        # who refuses what: "mel won't touch anything from before 1970", "dan says no horror"
        (r"(?:^|(?<=[,.;!?] )|(?<=\band )|(?<=\bbut )|(?<=\boh ))(?:and |but |oh )?(?:my |our |the )?[\w'’-]+ (?:says?|said|votes?|voted|insists?|demands?|goes) (?=(?:no|nothing|not|never|without)\b)", ""),
        (r"\b(?:(?:my|our|the|his|her) )?(?:[\w'’-]+ )?(?:won'?t|will not|wouldn'?t|would not|refuses? to|never) (?:touch|watch|do|consider|entertain|go near|look at|sit through)(?: (?:any(?:thing|one)?|a|an|one))?\b(?! (?:it|that|this|them|him|her)\b)", "nothing"),
        (r"^([\w-]+(?: films?)?)[, ]+no+\b(?:,? (?:please|thanks|thank you))?(?=\s*[!.,;]|\s*$)(?! (?:more|less|longer|later)\b)", r"no \1. "),
        (r"\bnor (?=(?:the )?(?-i:[A-Z])|the )", "not from "),
        # "not" twice over: "I wouldn't say no to a musical", "nothing that isn't in English"
        (r"\b(?:i |we )?(?:wouldn'?t|won'?t|would not|never|can'?t) (?:ever )?(?:say no to|turn down|object to|refuse) (?=\w)", "i want "),
        (rf"\b{_NOTHING} (?:that|which|who) ?(?:isn'?t|is not|aren'?t|are not|wasn'?t|weren'?t|hasn'?t been) ", "only "),
        (rf"\b{_NOTHING} (?:that|which|who) (?:doesn'?t|does not|don'?t|do not|can'?t|won'?t) (?=finish|end|wrap|stop)\w+ (?:within|in|by|inside|under) ", "at most "),
        (rf"\b{_NOTHING} (?:that|which|who)? ?(?:doesn'?t|does not|don'?t|do not) (?:have|star|feature|include|come) ", "only with "),
        (r"\b(?:i'?m|i am|we'?re|we are) not (?:un(?:happy|interested|willing|keen|fond|moved)|against|opposed to|averse to) (?:with |to |about )?[^,.;!?]*(?:[,;] but |[,;]|$)", ""),
        (r"(?:^|(?<=[.,;!?] ))(?:it'?s|it is) not that (?:i|we) (?:don'?t|do not) (?:like|love|want|enjoy|rate) ([\w.'’-]+(?: [\w.'’-]+){0,3}?)[,;]? (?:i|we|it'?s|but)\b[^.;!?]*", r"no \1"),
        (r"\b(?:i|we) (?:can'?t (?:stand|bear|abide)|hate|loathe|dislike) (?:the (?:man|woman|guy|bloke|actor|actress|director)|him|her|them)\b", ""),
        (r"(?:^|(?<=[,.;!?] ))(?:he|she) (?:always |just |only )?(?:makes|gives|bores|annoys|irritates|scares|creeps|drives|does(?! (?:like|love|want|prefer|enjoy)))\b[^.;!?]*", ""),
        (r"\b(?:come|comes|coming|clock|clocks|clocking|weigh|weighs) in (?:at )?(?=(?:just |well |slightly )?(?:under|over|below|above|at|less|more|around|about)\b)", ""),
        (r"\bnothing to do with (?:the |any )?(?=\w)", "no "),
        (r"\b(?:among|amongst|of) (?:those|these|the|them|all those) ?(?:biograph|comed|drama|western|thriller|musical|documentar|romance|horror|film|movie|one|one|cartoon|animation)\w*(?=\s*(?:[?!.,;]|$))", ""),
        (rf"\b({_GENRE})(?: films?| movies?)? (?:and|but) (?:also )?(?:an? )?({_GENRE})(?: films?| movies?)?,? (?:both|at once|at the same time|in one|all in one|rolled into one)\b", r"\1 \2"),
        (r"\bnone of (?:those|these|the ones|them|your \w+) (?=(?:from|made|before|after|with|by|in|over|under)\b)", "not "),
        (r"\b(?:but |and )?(?:the )?[\w-]+ (?:i|we) (?:won'?t|can'?t|will not|refuse to) (?:give up|compromise|budge|bend|let go)(?: on)?\b", ""),
        (r"\b(?:it )?(?:could|can|may|might) (?:also )?be (?:a (?:bit|little) |slightly |somewhat )?(?:longer|shorter|older|newer|earlier|later)(?: than that)?[,;.:]+ (?:but )?(?:let'?s )?(?:say )?", "make it "),
        (r"\b(?:isn|wasn|aren|weren)'?t there (?=(?:one|an?|some|any|something|anything)\b)", "is there "),
        (r"^(?:which|what) ((?:[\w'’-]+ ){1,4}(?:films|movies)) (?:do you (?:have|know)|have you got|are there|is there)\b", r"\1"),
        (r",? i mean(?=\s*(?:[.,;!?]|$))", ""),
        (r",? (?:for|to show|with) (?:someone|somebody|people|a person|friends) who (?:really |normally |usually )?(?:hates?|dislikes?|can'?t stand|doesn'?t like|don'?t like) [\w'’-]+(?: \w+s)?", ""),
        (r"\b(?:has|have|needs?|must|should)(?: to)? be (?:in )?(?:the |a )?([\w-]+) (?:category|genre|section)\b", r"\1 films"),
        (rf"\b({_GENRE})(?:y|-y)? things?(?=\s*(?:[?!.,;]|$|but\b|with\b|from\b|and\b))", r"\1 film"),
        (r"\b(?:my|our|the|his|her) (?:son|daughter|boy|girl|kid|child|nephew|niece|grandson|granddaughter|little one) (?:is|has|have|just turned|turned|turns|'s) (?:only |just )?(?:[2-9]|1[0-2]|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: ?(?:years?|yrs?|yo)(?:[ -]old)?)?(?=\s*(?:[?!.,;]|$|and\b|so\b))(?!,? (?:is|too|can|could|would|will|should|ok|okay|suitable|right)\b)", "for kids"),
        (r"\bfrom ((?:19|20)\d\d),? then\b", r"from \1 onwards"),
        (rf"\b({_GENRE}) of (?=(?:at least|over|more than) )", r"\1 film "),
        (rf"\b({_GENRE}) of (?=(?:at most |under |about |max(?:imum)? )?\d{{2,3}} ?(?:min|m\b))", r"\1 "),
        # a genre that is said as a subject: "documentaries about music", "with some crime in it"
        (r"\b(docu\w*|docs?|films?|movies?|something|anything|ones?) (?:about|on) (music|sports?|crime|war|history)\b(?=\s*(?:[?!.,;]|$|and\b|but\b|from\b|in\b|under\b|by\b|please\b))(?! and the\b| in (?:the |a )?[A-Z])", r"\2 \1"),
        (r"\b(?:with|wants?|needs?|has|have) (?:some |a bit of |a little )?(music|sport|crime|war|romance|history|fantasy|mystery|comedy|action) in (?:it|them|there)\b", r"\1 film"),
        (r",? \b(?:whoever|no matter who) (?:made|directed|shot|did|is|stars?|plays?|acts?)(?: in)?(?: (?:it|them|that))?\b", ""),
        # one thing in the place of another
        (r"\b(?:swap|exchange|replace|trade)(?: out)? (?:the )?(?:[\w'’ -]{2,30}?) (?:for|with|by) (?=\w)", ""),
        (r"\b(?:as long as|so long as|provided|if) ([\w.'’-]+(?: [\w.'’-]+){0,2}?)(?:['’]s| is|) ?(?:not|isn'?t) in (?:it|them)\b", r"not with \1"),
        (r"\b(?:has to|have to|must|should|needs to) be (?:classed|filed|listed|tagged|labelled|categori[sz]ed) (?:as|under) (?:an? )?", ""),
        (r"(?:^|(?<=[,.;!?] )|\band )(?:i|we|he|she|they)(?:'m|'re|'s| am| are| is) not [\w' ]{3,30}? so\b", ""),
        (r"\bup to and including\b|\b(?:un)?till? and including\b", "up to"),
        (r"^.{12,}?\bi was (?:just )?thinking(?: maybe| perhaps)?(?: of| about)? (?=\w)", ""),
        (r"\b(?:i|we|he|she|they)(?:'s|'re|'m|'ve| has| have| is| am| are) (?:gone off|fed up with|sick of|tired of|bored (?:of|with)|overdosed on|had (?:it with|(?:my|our|his|her) fill of)) ((?:[\w'’-]+ ?){1,3}?)(?: (?:since|after|because)\b[^,.;!?]*)?(?=\s*(?:[,.;!?]|$))", r"no \1"),
        (r"\b(?:where|in which) ([\w.'’-]+(?: [\w.'’-]+){0,2} and [\w.'’-]+(?: [\w.'’-]+){0,2}?) (?:are )?both (?:in it|in them|star|play|act|appear)\b(?: in (?:it|them))?", r"with \1"),
        (r"\bzero (?=[a-z])(?!dark|hours?|stars?|gravity|g\b)", "no "),
        (r"\b(?:i|we)(?:'d| would) (?:really )?rather not (?:have|see|watch|get) ((?:any )?[\w'’ -]{3,30}?)(?: in any (?:shape|form|way))?(?=\s*(?:[,.;!?]|$))", r"no \1"),
        (rf"\b({_GENRE}) and ({_GENRE}),? (?:both|at once|at the same time)\b|\bboth ({_GENRE}) and ({_GENRE})\b", lambda found: " ".join(filter(None, found.groups()))),
        (r"\b(?:the |my |our )?(?:kids?|children|baby|little ones?|toddlers?|boys|girls) (?:are|is)(?: all| both)? (?:finally |already |at last |now )?(?:asleep|in bed|down|gone|away|out|at (?:school|grandma'?s|their \w+)|sleeping)\b[,.!]* ?", ""),
        (r"\bif (?:it|that|they)(?:['’]s| is|['’]re| are| goes?| runs?| lasts?)(?: on)?(?: for)? (?:longer|more) than (?=\w)|\bif (?:it|that|they) (?:goes?|runs?|lasts?)(?: on)? (?:over|past|beyond) (?=\w)", "at most "),
        (r"^that(?:['’]s| is|s)? from (?:19|20)\d\d[,.!]+ ", ""),
        (r"\b(?:please )?(?:leave|keep) (?!it\b|that\b|this\b|them\b|him\b|her\b|me\b|us\b|out\b)((?:[\w'’.-]+ ){0,3}?[\w'’.-]+) out(?: of (?:it|this|that|them))?(?=\s*(?:[?!.,;]|$|please\b))", r"no \1"),
        (r"(?:^|(?<=[,.;!?] )|(?<=\bso )|(?<=\bok )|(?<=\bright ))(?!(?:it|that|what|who|there|here|he|she|let|everyone|school|the kid)'s)((?:[\w-]+ ){0,3}?[\w-]+)'s out(?=\s*(?:[?!.,;]|$|then\b))", r"no \1"),
        (r"\b(\d{1,3} ?(?:minutes|min|hours?|h)) (?:till|until|before|to) (?:bed(?:time)?|sleep|dinner|lights out|(?:we|i) (?:leave|go|have to)|(?:the|my|our) \w+ (?:leaves|comes|goes|starts|arrives))\b", r"at most \1."),
        (r"\b(?:i|we|he|she|they|my \w+) (?:really |just )?(?:can'?t|cannot|couldn'?t|won'?t) (?:\w+ ){1,4}?(?:more|longer) than ((?:an?|one|two|three|four|\d[\d.]*)(?: and a half)? (?:hours?|minutes|h|min))\b(?: with [^,.;?!]*)?", r"at most \1"),
        (r"\b(?:with )?real (?:actors|people)(?: only| please)?(?=\s*(?:[?!.,;]|$))", "not animated"),
        (r"^(?:(?:i|we)(?:'ve| have)? )?never (?:seen|watched|tried) (?=(?:an?|any|anything) )", ""),
        (r"(?<=\w) (?:on|in) (?:here|there|this(?: thing| app| site)?)(?=\s*[?!.]*$)", ""),
        (r"\b(shortest|longest|oldest|newest|best rated|latest|earliest) things?(?: (?:on here|in here|here|you(?:'ve)? (?:have|got)|there is))?(?=\s*(?:[?!.,;]|$))", r"\1 film"),
        (r"(?<=\w)[.!] (?:got |have you )?any(?:thing)?(?: good| here| at all)?\s*\?+\s*$", "?"),
        (r"\b(?:and )?(?:don'?t|do not)(?: you)?(?: dare)? (?:say|tell me|name|mention) (?=(?-i:[A-Z]))", "not "),
        (r"(?:^|,? |(?<=[.!?] ))(?:and |but )?(?:she|he|they|we|i) (?:really |just )?(?:can'?t (?:stand|bear|abide|do|face|handle|stomach)|hates?|loathes?|detests?) (?!more |that |this |it )([^,.;?!]+?)(?:,? so (?:nothing|none|no films?|not) with (?:her|him|them))?(?=\s*(?:[,.;?!]|$|and (?:she|he|they|we|i)\b))", r". no \1"),
        (r"(?:^|(?<=[.!?] ))(?:which|what) (?=(?:films?|movies?|ones?|cartoons?|comed(?:y|ies)|westerns?|thrillers?|musicals?|documentar(?:y|ies)|dramas?|romances?)\b(?! (?:is|was|am|has|had|where|with)\b))", ""),
        (
            r"^(?:and )?(?:what|which)(?: (?:else|films?|movies?|ones?))? (?:did|has|have) ((?!that\b|this\b|its\b|the\b|you\b|i\b|we\b|it\b|he\b|she\b|they\b)[\w'’-]+(?: [\w'’-]+){0,3}?) "
            r"(?:make|made|direct(?:ed)?|do|done|shoot|shot)\b",
            r"films by \1",
        ),
        (
            r"^(?:and )?(?:what|which)(?: (?:else|films?|movies?|ones?))? (?:did|has|have|was|is) ((?!you\b|i\b|we\b|it\b|he\b|she\b|they\b)[\w'’-]+(?: [\w'’-]+){0,3}?) "
            r"(?:been in|star(?:red)? in|appear(?:ed)? in|act(?:ed)? in|play(?:ed)? in|in)\b",
            r"films with \1",
        ),
        (r"(?<!no )\b(older|newer|longer|shorter|earlier|later)(?: ones?)? than (?:that|this|it|those|these|them)(?: one| film| movie)?s?\b", r"\1"),
        (r"(?<=\w)[, ]+(?:so |and )?(?:no|not|nothing) (?:longer|more|over|older|newer|later|shorter|less|earlier) than that\b", ""),  # says it twice
        (r"\b(?:leave out|skip|exclude|without|nothing|avoid) (?:everything|anything|all|whatever)?(?: that is)? ?(?:in|from|under) the ([\w-]+) genre\b", r"no \1"),
        (r"\b(?:only )?in colou?r\b(?= *(?:[?!.,]|$|and |but |please))", "not black and white"),
        (r"\bearlier\b(?= *(?:[?!.,]|$))", "older"),
        (r"\blater\b(?= *(?:[?!.,]|$))", "newer"),
        (r"\bwith (?:a|an|my|our) (?:\w+ )?\d{1,2}[- ]?(?:year|yr)s?[- ]olds?\b", "for kids"),
        (r"\bfor (?:a |the )?famil(?:y|ies)\b(?! (?:secret|saga|drama|business))", "for kids"),
        (r"\bdo you (?:hold|own|stock|carry|offer|keep|have)(?=\s*\?)", ""),
        (r"\b(?:did|has|have) ((?!you\b|i\b|we\b|it\b|he\b|she\b|they\b|not\b|never\b)[\w'’-]+(?: [\w'’-]+){0,3}?) (?:direct|directed|make|made|write|shoot)(?=\s*(?:[?!.,]|$))", r"by \1"),
        (r"(?:^|(?<=[,.;!?] ))(?:he|she|they) (?:really |would |does |do )?(?:prefers?|wants?|likes?|loves?|enjoys?)\b(?! (?:it|that|this|them|these|those)\b)", ""),
        (r"\b(?:for )?(?:my|our|an?) (?:\w+ )?(?:\d|1[0-3])[- ]?(?:yo|y/o|(?:year|yr)s?[- ]olds?)\b(?: (?:son|daughter|boy|girl|kid|child|nephew|niece))?(?: (?:really )?(?:wants?|likes?|loves?|enjoys?|needs?|is into|is mad about)(?: to (?:see|watch))?)?", "for kids "),
        (r"^(?:my |the |our )?(?:[\w-]+(?:, | and | & ))?(?:my |the |our )?[\w-]+ and (?:me|i|myself|my [\w-]+) (?=(?:(?:would|really|just|both|all) )*(?:want|need|fancy|like|feel|are|have)\b)", "we "),
        (r"^(?:me|myself) and (?:my |the |our )?[\w-]+(?: [\w-]+)? (?=(?:(?:would|really|just|both|all) )*(?:want|need|fancy|like|feel|are|have)\b)", "we "),
        (r"(?:^|(?<=[,.;!?] ))(?:my|our) \w+ (?:says?|said|thinks?|insists?|reckons?|wants?|would like|would prefer|prefers?|asks for)\b(?: (?:that|it should be|it must be|we need))?", ""),
        (r"\b(?:don'?t|do not|never)(?: you)?(?: ever)? (?:show|give|suggest|recommend|offer|bring)(?: me| us)?(?: any| another)?\b", "no"),
        (r",? (?:because |as |cos |since )?(?:she|he|they|we|i) (?:can'?t|cannot|won'?t|gets?|falls?|have to|has to) [^,.;?!]*$", ""),
        (r"\bas long as (?=(?:it|they|there|you|we|he|she|that|nobody|nothing|no)\b)", ""),
        (r"\btoo much (?=(?:long|old|short|new|sad|dark|slow|violent|scary)\b)", "too "),
        (r"\b(?:they|we|i|he|she)(?:'ve| have|'s| has) had enough (?:of )?(?:the |all the |these )?(\w+)(?: (?:this|last) (?:week|month|year)| lately| recently| already)?\b", r"no \1"),
        (r"\b(?:i|we) want that ([\w.'’-]+(?: [\w.'’-]+){0,2}?) (?:plays?|stars?|acts?|appears?|is)(?: in (?:it|them))?(?=\s*(?:[?!.,;]|$))", r"with \1"),
        (r",? if (?:that|it|one|such a thing|there) (?:even |really )?(?:exists?|is (?:one|any|such a thing))(?=\s*(?:[?!.,;]|$))", ""),
        (r"\bwhat else (?:did|has) (?:that|this|the|its) (?:director|film-?maker|actor|actress) (?:do|done|make|made|direct(?:ed)?|(?:star|play|act|appear)(?:ed|red)? in|been in)\b", "films"),
        (r"\b(?-i:M)(?:r|rs|s|iss)\.? (?=(?-i:[A-Z]))", ""),
        (rf"\b(?:nothing|none|no films?) with (?:any )?({_GENRE})(?: in (?:it|them))?(?=\s*(?:[?!.,;]|$|and |or |but |please\b))", r"no \1"),
        (r"\b(?:(?:that|which|and|but) )?(?:can'?t|cannot|mustn'?t|must not|shouldn'?t|should not|may not|won'?t|doesn'?t|does not|don'?t|do not|not) (?:go|run|be|last|take) (?:on )?(?:for )?(?:beyond|over|past|above|longer than|more than) (?=\w)", "at most "),
        (r"\b(?:must|has to|have to|should|needs to|ought to|needs) (?:be (?:done|over|finished|through)|finish|end|wrap up) (?:in|within) (?=\w)", "at most "),
        (r"\b(?:only )?(?:ones? )?(?:where|in which) (?:they|people|everyone|everybody|the characters) (?:all )?(?:speaks?|talks?) (?=(?-i:[A-Z]))", "in "),
        (r"\b(?:nothing|none|no films?) (?:filed|listed|tagged|classed|marked|labelled) (?:under|as) (?:an? )?(?=\w)", "no "),
        (r",? i'?m afraid(?=\s*(?:[?!.,]|$))", ""),
        # what somebody's evening is like says nothing about the film: "I need to be up early"
        (r"(?:^|(?<=[,.;!?] ))(?:i|we)(?:'ve|'ll| have| will)? ?(?:only )?(?:need|have|got|must|want|had|am going|are going) to (?:be|get|go|work|sleep|leave|catch|wake|start|travel)\b(?! by\b)[^,.;?!]*(?=[,.;?!])", ""),
        (r"\b(?:from )?any (?:other )?(?:country|place|where) (?:but|except|other than|apart from|besides) (?:for )?(?=(?:the )?\w)", "not from "),
        (r",? (?:for (?:us|me|the grown-?ups|the adults) )?(?:after|once|when) (?:the kids|the children|they)(?:'re| are) (?:asleep|in bed|out|gone)\b", ""),
        (r"\b(?:in )?any (?:other )?language (?:but|except|other than|apart from|besides|that isn'?t|not) (\w+)", r"not in \1"),
        (
            r"\b(?:where|in which|but|that|which) ((?!is\b|was\b|are\b|it\b|he\b|she\b|they\b|i\b|we\b|you\b)[\w.'’-]+(?: [\w.'’-]+){0,2}?) "
            r"(?:isn'?t|is not|wasn'?t|was not|didn'?t|did not|doesn'?t|does not) (?:the director|directing|direct(?:ed)?|behind|in (?:it|them)|star(?:ring)?(?: in (?:it|them))?|"
            r"act(?:ing)?(?: in (?:it|them))?|play(?:ing)?(?: in (?:it|them))?|make|involved)\b",
            r" not by \1",
        ),
        (
            r"(?:^|(?<=[,.;] )|(?<=\bbut )|(?<=\band ))(?!(?:but|and|so|or|that|it|this|they|he|she|who|which|those|these|i|we|you|anything|everything)\b)((?:[\w'’-]+ ){1,3})(?:is|are|stays?|keeps?|remains?|must stay) "
            r"(?:out(?: of the question)?|off the table|a no(?:[- ]?(?:go|no|thanks))?|not allowed|not welcome|forbidden|banned|taboo|unwelcome)(?=\s*(?:[?!.,;]|$))",
            r"no \1",
        ),
        (r"\b(?:where|in which|that has) ([\w.'’-]+(?: [\w.'’-]+){0,2}?) (?:plays?|stars?|acts?|appears?|is in it|is the (?:lead|star|hero)|has the lead)(?: in(?: it)?)?(?=\s*(?:[?!.,;]|$|and |but ))", r"with \1"),
        (r"\b(?:shorter|less|longer|more) than (?:1[0-9]|[6-9])\d(?=\s*(?:[?!.,;]|$|please\b|and |but ))|\b(?:max|maximum|at most|no longer than) (?:1[0-9]|[6-9])\d(?=\s*(?:[?!.,;]|$|please\b|and |but ))", r"\g<0> minutes"),
        (r"\bbefore (?:he|she|they|i|we|(?:my|our) \w+) (?:was|were) (?:even )?born in (?=\d{4})", "before "),
        (r"\b(?:that )?(?:both )?(?:my|our|the) (?:kids|children|little ones|grandkids|grandchildren|toddlers?)(?: and (?:i|me|we))? (?:would|will|could|can|might|may) (?:also |both |all )?(?:like|enjoy|watch|love|see)\b", "for kids"),
        (r"\b(?:from |of |in )?the golden age of hollywood\b", "American from 1930 to 1959"),
        (r"\b(?:that |which )?(?:my|our) (?:\w+ ){1,3}(?:would|will|could|can|might|may) (?:also )?(?:accept|like|enjoy|watch|approve of|love|tolerate)(?: too| as well)?\b", ""),
        (r"\bthe turn of the (?:century|millennium)\b", "2000"),
        (r"\b(?:from |made )?outside (?:of )?(?=(?:the )?(?-i:[A-Z]))", "not from "),
        (r"\bnot (?:directed|made|filmed|shot) by\b", "not by"),
        (r"\bfamily of (?:three|four|five|six|seven|\d)\b(?! \w+s\b)", "for kids"),
        (r"\b(?:the |our |my )?(?:youngest|little one|eldest|smallest)(?: one)?(?:'s| is| being| just turned| turned) (?:only |just )?(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\b(?: years? old)?", "for kids"),
        (r"\binstead of (?:the )?[\w.'’ -]{2,40}?(?:,|(?=\s*[?!.]|\s*$))", ""),
        (r"\b(?:in|from|of|across) (?:the|your|this|my|our)(?: whole| entire)? (?:collection|catalogue|catalog|database)\b|\b(?:in|from|of) (?:your|my|our)(?: whole| entire)? (?:library|archive|list)\b", ""),
        (r"^(?:no[,.]? )?i mean(?:t)?(?: to say)?(?: that)?[, ]+(?=(?:an?|the|some|films?|movies?|something|from|in|with|without|not)\b)", ""),
        (r"(?:^|(?<=[\s,]))-(?=[A-Za-z])|^- (?=[A-Za-z])", "no "),
        (r"\bsurprise me\b", "recommend something"),
        (r"^(?:let(?:'s| us) )?(?:narrow|cut|limit|restrict|keep|stick) (?:(?:that|it|this|them) )?(?:down )?to (?=(?:the )?\w+)", "only "),
        (rf"\bform (?=(?:the )?(?:{'|'.join(map(re.escape, country_names()))})\b|(?:the )?\d0s|(?:the )?(?:19|20)\d0|(?-i:[A-Z][a-z])|the (?:\w+ies)\b)", "from "),
        (rf"\bnot with ({_GENRE})\b", r"no \1"),
        (rf"\bno ({_GENRE}) (?:stor(?:y|ies)|stuff|plots?|things?|ones?)\b", r"no \1 films"),
        (r"\b(max|min)\.(?= ?\d)", r"\1"),
        (r"\b(?:no|without|not any) (?:singing|songs|musical numbers|song and dance)\b", "no musicals"),
        (r"\breal footage\b(?:,? (?:not|no) fiction)?", "documentary"),
        (r"\bwhere ((?-i:(?:(?:De |Di |Van |Von )?[A-Z][\w'’.-]+ ){1,3}and (?:(?:De |Di |Van |Von )?[A-Z][\w'’.-]+ ){1,3}))(?:both )?(?:play|star|act|appear|are)\b(?: together| both| side by side)?(?: in (?:it|them))?", r"with \1"),
        (r"^((?:from|in|with|by) [\w ]{3,30}?),? (?:maybe|perhaps)\s*\?*$", r"\1"),
        (r"^(?:(?:just|only|give me|i want|i need) )?(\d{1,2}|two|three|four|five) (?:recommendations?|suggestions?|ideas|options|picks|titles)\b", r"\1 films"),
        (rf"\b({_GENRE})/({_GENRE})\b", r"\1 \2"),
        (rf"\b({_GENRE})(?: films?| movies?| stor(?:y|ies))? (?-i:AND) (?:an? )?({_GENRE})(?: stor(?:y|ies))?\b", r"\1 \2"),
        (r"\b((?:vietnam|korean|gulf|iraq|civil|pacific) war|world war (?:one|two|1|2|i|ii)|ww ?(?:1|2|i|ii)|first world war|second world war) (?=(?:films?|movies?)\b)", r"\1 war "),
        (r"\b((?:longer|shorter|more|less) than|over|under|at most|at least|max|maximum) ((?:one|two|three|four|[1-4](?:\.5)?)(?: and a (?:half|quarter))?)(?=\s*(?:then|please|instead|max|tops)?\s*[?!.,]*$)", r"\1 \2 hours"),
        (r"\b(?-i:([A-Z])\.(?= ?[A-Z]))", r"\1 "),  # Samuel L. Jackson
        (r"\b(?:that|which) (?:is|are|was) ?n[o']t (?:too|so|very) ", "not too "),
        (r"\b(?:that|which)(?:'s| is| are) not ", "not "),
        (r"\b(\d0)(?:ies|'?ties)\b", r"\1s"),
        (r"\b(in|from|since|before|after|until|of)\s+['’‘]?([2-9]\d)(?=\s*(?:[?!.,;]|$|or |and |then\b|please\b))", r"\1 19\2"),
        (r"(?<!\w)['’‘]([2-9]\d)(?=\s*(?:[?!.,;]|$))", r"19\1"),
        (r"\b(?:about |around |only |just )?(\d{1,3} ?(?:minutes|min|hours?|h)(?: ?\d{1,2}(?: ?min(?:utes)?|m)?)?) (?:left|to spare|to kill|to fill|free)\b", r"at most \1"),
        (r"(?<!not )\b(?:a )?(?:bit|rather|pretty|quite|kinda) (?:old|dated)(?= (?:those|these|that|them|for)\b|\s*(?:[,.!?]|$))", "newer"),
        (r"(?<!not )\b(?:a )?(?:bit|rather|pretty|quite|kinda) long(?= (?:those|these|that|them|for)\b|\s*(?:[,.!?]|$))", "shorter"),
        (r"(?<!not )\b(?:a )?(?:bit|rather|pretty|quite|kinda) (?:new|recent|modern)(?= (?:those|these|that|them|for)\b|\s*(?:[,.!?]|$))", "older"),
        (r"\bafter all\b", ""),
        (r"\bpre-?\s?war\b", "before 1940"),
        (r"\bpost-?\s?war(?= (?:\w+ )?(?:films?|movies?|cinema|comed\w+|dramas?|noirs?)\b)", "from 1945 to 1960"),
        (r"\b(?:of|from|in) the silent (?:era|days|age)\b|\bsilent[- ]era\b", "before 1930"),
        (r"\b(?:with )?real (?:actors|people) (?:not|rather than|instead of) (?:a )?(?:cartoons?|animat\w+)|\blive[- ]action\b", "not animated"),
        (r"\banimes?\b(?! (?:by|from) )", "Japanese animation"),
        (
            r"\bfor (?:(?:my|our|a|an|the|some) )?(?:\w+ )?(?:\d|1[0-3])[- ]?(?:year|yr)s?[- ]olds?(?: (?:son|daughter|boy|girl|kid|child|nephew|niece))?\b",
            "for kids",
        ),
        (
            r"\b(?:\d{1,2}|two|three|four|five|six|eight|ten|a few|some|small|young|little) (?:small |little |young )?(?:kids|children|toddlers)\b"
            r"(?! (?:who|that|find|look|are|in|on|from|with|discover|stuck|lost|trapped|go|get|hunt|search|run|fight|build|\w+ing)\b)(?: (?:aged?|between) \d+(?:(?:, | and | & |-| to )\d+)*)?",
            "for kids",
        ),
        (r"\b(?:the )?kids (?:are|will be) (?:here|coming|over|with us|watching)\b|\bwith the little ones\b", "for kids"),
        (r"\b(?:he|she|they|it|(?:my|our) \w+)(?:'s|'re| is| are|s)? (?:afraid|scared|frightened) of ", "no "),
        (rf"\b(?:my|our|the) (?:\w+ )?{_KIN} "
         r"(?:really |just |absolutely )?(?:can'?t stand|can'?t bear|hates?|loathes?|dislikes?|doesn'?t (?:like|do|want)|(?:won'?t|will not|never|refuses to|doesn'?t want to|would never) (?:watch(?:es)?|see))\b", "no"),
        (rf"\b(?:my|our|the) (?:\w+ )?{_KIN} (?:really |just |absolutely )?(?:loves?|likes?|enjoys?|adores?|(?:is|are) (?:\w+ )?(?:into|mad about|fond of|fans? of|a fan of))\b(?= (?-i:[A-Z]))", "something like"),
        (rf"\b(?:my|our|the) (?:\w+ )?{_KIN} (?:really |just |absolutely )?(?:loves?|likes?|enjoys?|adores?|(?:is|are) (?:\w+ )?(?:into|mad about|fond of|fans? of|a fan of))\b", ""),
        (r"\bdir(?:ected by|ector)?\s*:\s*", "directed by "),
        (r"\b(?:stuff |things? )?(?:made|shot) before (?:i|we) (?:was|were) born\b", "old"),
        (r"\bnot (?:that|so|quite so|as|too) (?:recent|new|modern)\b", "older"),
        (r"\bnot (?:that|so|quite so|as) old\b", "newer"),
        (r"\bnot (?:that|so|quite so|as) long\b", "shorter"),
        (r"\bnot (?:that|so|quite so|as) short\b", "longer"),
        (
            r"^i(?:'m| am) (?:so |really |very )?(?:bored|tired|exhausted|alone|free) ?(?:tonight|today)?\W*$",
            "recommend something",
        ),
    )
)  # fmt: skip
_REPAIR = re.compile(
    r"[\s,;…–—.-]*(?:\b(?:no|nah)[,]? (?:sorry|wait|hang on|hold on|actually|i mean)\b|\b(?:wait|hang on|hold on|er)[,]? no\b|\bactually[,]? no\b|"
    r"\bsorry[,]? (?:i meant|i mean|make that|no)\b|\b(?:scratch|scrap|strike) that\b|\bor rather\b|\bi mean(?:t)? to say\b|\bno[,]? make that\b)[\s,:;…–—.-]*",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The text with roundabout constraints put plainly."""
    for pattern, words in _PLAIN:
        text = pattern.sub(words, text)
    return text


def repaired(text: str) -> tuple[str, str] | None:
    """(what was said first, what is meant instead) of "a Spanish, no sorry, Italian film"; None without a correction."""
    found = _REPAIR.search(text)
    if found is None:
        return None
    first, second = text[: found.start()].strip(), text[found.end() :].strip()
    return (first, second) if first and second else None
