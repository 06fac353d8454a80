"""Whose conduct, or conflict of interest, a question is about among those in power; and on which route a complaint goes.

Nothing that is about somebody in power may reach that person. A miss lets a complaint about the headteacher reach the
headteacher, a false alarm costs a count: in doubt a text is about them. docs/privacy.md says how good the patterns are.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from corpus.clause import Role
from retrieval.analyzer import normalize
from retrieval.reading import Reading

# From this likeness on, a question is about the matter that it is read as.
LIKENESS = 0.4


class Complaint(StrEnum):
    """The route on which a question goes that is not urgent, and is about how somebody at work behaves."""

    ALLEGATION = "allegation"
    WHISTLEBLOWING = "whistleblowing"
    GRIEVANCE = "grievance"


_SAFEGUARDING = r"(?:safeg(?:ua|au|a)rding|child protection|cp)"
_PARTS_OF_A_SCHOOL = r"(?:year|dept|department|faculty|key stage|ks\d|house|sixth|maths|english|science|pe|art|music|history|geography|it|computing|languages|drama|early|inclusion|send?|reception|nursery|lower|upper|middle|infants|juniors|boarding)"
# How staff speak of those in power. The boss may be either of two. A head is the headteacher unless it is somebody's body, or of
# something.
_BOSS, _COLLEAGUE = "boss", "colleague"
_OFFICES = {
    "dsl": rf"(?:deputy )?(?:d?dsls?|designated (?:{_SAFEGUARDING} )?(?:leads?|persons?|officers?|teacher)|{_SAFEGUARDING} (?:leads?|officers?|coordinator|person|lady|man|woman|team|bloke))",
    "slt": r"(?:deputy|assistant|asst|vice)[- ](?:head ?(?:teacher|master|mistress)?|heid|principal)s?|deput(?:y|ies)(?! (?:dsl|lead|designated|safeguarding|manager|chair))|senior (?:leadership|management)(?: team)?|(?:leadership|management) team|senior leaders?|slt|smt",
    "line_manager": rf"line[- ]?man(?:a?ge|ga)rs?|(?:nursery|kitchen|catering|lunchtime|cleaning) manager|(?<=my )(?:manager|mentor|supervisor)|(?:kitchen|catering|cleaning) supervisor|(?:phase|team|room|year|faculty|subject|key stage|ks\d|department) leaders?|head of {_PARTS_OF_A_SCHOOL}",
    "governors": r"(?:vice[- ])?chair(?:man|woman|person)? of (?:the )?(?:gov\w+|trustees|board|trust|committee)|(?:parent |staff |safeguarding |link |vice )?gov(?:e|o)rn(?:o|e)rs?|governing (?:body|board)|board of governors|trustees?"
    r"|(?<=the |our )chair(?:man|woman)?(?= (?:is|was|has|and|or|who|won't|turned|keeps|himself|herself|said|told)\b|'s|[,.?!]|$)",
    "headteacher": r"(?:executive|exec|acting|interim) head|head[ -]?teachers?|heidies?|heid(?:[ -]teacher)?|head ?(?:master|mistress)|principals?|ht"
    r"|(?<!his )(?<!her )(?<!their )(?<!its )(?<!your )(?<!'s )heads?(?! ?-?(?:of|lice|louse|count|start|phones?|scar\w+|bands?|sets?|first|injur\w+|boy|girl|pupil|office|lights?|gear|wound|bumps?|room|space|lines?)\b)(?(which)|(?! (?:up|over|to|down|home|off|out|back|for|in)\b))",
    _BOSS: r"boss|gaffer",
    _COLLEAGUE: r"(?:(?:supply|student|music|pe|class|form|maths|english|science|swimming|football|dance|drama|trainee|cover|nursery|primary|head's|partner) )?teachers?|tas?\b(?! (?:very|so|for)\b)|teaching assistants?|(?:a |my |our |another |one of )colleagues?|colleagues?|co-?workers?|(?:staff )?members? of staff|staff members?|one of our (?:own|staff)|one of us|caretaker|site manager|janitor|jannie"
    r"|(?:\w+ )?coach(?:es)?(?! (?:trip|is late|to|company|driver))|(?:dinner|lunchtime|office) lad(?:y|ies)|(?:lunchtime|midday|cover) supervisors?|middays?|(?:school )?volunteers?|nursery nurse|key ?worker|room mate|job[- ]?share|technician|librarian|bus escort|escort|practitioner|trainee|senco|bursar|cook|cleaner|tutor|sir",
}
_ROLES = {
    **{name: (Role(name),) for name in _OFFICES if name not in (_BOSS, _COLLEAGUE)},
    _BOSS: (Role.HEADTEACHER, Role.LINE_MANAGER),
    _COLLEAGUE: (),
}
_AT_SCHOOL = re.compile(
    r"\b(?P<which>(?:(?:one|some|a member) of|the|our|my|ma|an?|another|this|that|your|new|old|own|current|previous|last) ){0,3}"
    rf"(?:{'|'.join(f'(?P<{office}>{names})' for office, names in _OFFICES.items())})(?: members?)?(?![\w-])"
)
_BODY = re.compile(
    r"\b(?:(?:back|top|side|front|crown|base) of (?:\w+ )?head|my head (?:hurt\w*|ach\w*|(?:is|was|feels?) (?:killing me|spinning|banging|splitting|pounding|thumping|done|fried|full|mush|a mess|all over|in bits)|round|around)"
    r"|(?:bang|bump|knock|crack|bash|shak|nod|turn|scratch|shav|bow|use|los|split|cut)\w* (?:my|the|a) head"
    r"|do(?:es|ing|ne)? (?:my|your) head in|(?:over|round|across|above) (?:my|the|a) heads?|(?:hit|kick\w*|punch\w*|slap\w*|thump\w*|blow|bang|bump|knock|smack)\b(?P<whom> (?:[\w']+ ){0,3}?)(?:on|in|to) (?:my|the|a) head)\b"
)


_ONE = r"@\w+"
_SOME = rf"{_ONE}(?:(?:,| or| and| nor| &| ?/) ?{_ONE}){{0,2}}(?!\w)"
# Between two that belong together in one sentence.
_BETWEEN = r"[^.?!]{0,80}?"
_PUPIL = r"(?:pupils?|students?|child(?:ren)?(?:'s)?|kids?'?|lads?|lass(?:es|ies?)?|boys?|girls?|bairns?|weans?|tots?|toddlers?|teenagers?|sixth[- ]?form\w*|young people|(?:y|yr|year) ?\d+s?|\w+-year-olds?|one of mine|little (?:ones?|'?uns?))"

# Somebody in power was told, and did nothing.
_LEFT_UNDONE = (
    r"(?:(?:no(?:thing|wt)|owt|fa) (?:(?:has |was |is |'s |got |have |ever |been |being )*(?:happen\w*|done|changed?|said|sorted|back|from)|since|yet)|(?:and|but|with|about|did|does|done|doing|heard|got|hearing) (?:absolutely )?(?:nothing|nowt|f[- ]?all|sod all|no (?:reply|answer|response|action|feedback|word))"
    r"|(?:has not|have not|hasn'?t|haven'?t|did ?n[o']?t|does ?n[o']?t|do not|don'?t|will not|won'?t|wo nae|didnae|doesnae|wouldn'?t|would not|isn'?t|is not|never|refus\w+ to|failed to|fails to|not) (?:\w+ ){0,2}?(?:act\w*|listen\w*|help\w*|believ\w*|car(?:e|ing)|deal\w*|done|do (?:a thing|anything|owt|something|much)|doing|pass\w*|refer\w*|record\w*|log\w*|follow\w*|respond\w*|repl\w+|got back|get back|come back|came back|tak\w+ (?:\w+ ){0,2}?(?:seriously|action|further)|took|want to know|bother\w*|interested|look\w* into|investigat\w*|report\w*)"
    r"|(?:to |just )?leave it|ignor\w+|shrug\w*|laugh\w*|brush\w*|fob\w*|dismiss\w+ (?:it|me|my)|swe(?:pt|eps?|eping) it|under the carpet|turn\w* a blind eye|sat on it|sitting on it|still waiting|played it down|buried it|too busy|waved (?:it|me) away|told me (?:not to worry|to|it was nothing|i\b|i'[dm])|(?:is|are|was|s) still\b)"
)
_WAS_TOLD = r"(?:t[oe]ld|telt|reported|raised|spoke|spoken|went|gone|passed|said|emailed|complained|gave|given|sent|took|taken|mentioned|flagged|showed|shown|been|knew|know|knows|disclosed)"
_NOT_DEALT_WITH = re.compile(
    rf"\b{_WAS_TOLD}\b{_BETWEEN}(?P<who>{_SOME})\b[^?!]{{0,100}}?\b{_LEFT_UNDONE}\b"
    rf"|\b(?:nothing|nowt|no (?:reply|answer|response|action))\b{_BETWEEN}\b(?:since|after|when|from)\b{_BETWEEN}(?P<from>{_SOME})"
    rf"|(?P<which>{_SOME})(?:'s)? (?:[\w']+ ){{0,6}}?{_LEFT_UNDONE}\b"
    rf"|(?P<warned>{_SOME})(?:'s| has| have| was)? (?:already )?(?:been )?(?:told|warned|informed|made aware)\b[^?!]{{0,40}}\b(?:twice|times|weeks|months|still|yet|but|years)\b"
)

# Whom somebody in power is close to, or who else they are.
_KIN = r"(?:husband|wife|hubby|partner|brother|sister|son|daughter|mum|mam|dad|mother|father|cousin|niece|nephew|uncle|auntie?|girlfriend|boyfriend|best (?:mate|friend)|mate|pal|family)"
_CLOSE = rf"(?:married|engaged|related|in-laws?|a couple|an item|best (?:mates|friends|pals)|(?:good|close|big|great|old) (?:mates|friends|pals)|as thick as thieves|thick as thieves|(?:friends|mates|pals|pally|in a relationship|having a thing|in bed|living) with|(?:sleep|go|carry)\w* (?:out |on )?with|slept with|affairs?|conflict of interest|in on it|cover\w* for|protect\w+ (?:him|her|them|each)|side[sd]? with|in cahoots|the same person|(?:is|are|'s) (?:also|both)? ?{_ONE}'s|{_KIN} of)"
_CONFLICT = re.compile(
    rf"{_SOME}(?:'s|s)?[^?!]{{0,60}}?\b{_CLOSE}\b(?:{_BETWEEN}{_SOME})?|{_SOME} (?:is|are|was) {_ONE}'s {_KIN}\b|{_SOME}(?:'s|s|') {_KIN}\b|\b(?:married|related|engaged) to {_SOME}|\b{_KIN} (?:is|of) {_SOME}"
    rf"|{_SOME}(?:'s| is)(?: also| both)? {_SOME}[^?!]{{0,60}}\b(?:about|him|her|them|worr\w+|problem|concern\w*)\b"
)

# What somebody in power may do, or does for their own good, is asked by whoever thinks that they should not.
_MAY_THEY = re.compile(
    rf"\b(?:is|are|was|were|isn'?t|aren'?t) (?P<may>{_SOME})(?: \w+)? (?:allowed|permitted|entitled) to\b(?![^.?!]*\b(?:i|my|me|our|us|staff)\b)"
    rf"|(?P<own>{_SOME})[^.?!]{{0,60}}? (?:on|for|to) (?:herself|himself|themselves|their own (?:pocket|house|children|family))\b"
)

# Whom a text is about in so many words.
_IMAGES = r"photos?|pics?|pictures?|images?|videos?"
_NOT_CONDUCT = r"(?!'s (?:leaving|birthday|retire\w*|card|party|office|door|number|email|phone number|permission|approval|role|job|policy|newsletter|assembly|hours|name|blog)\b)"
_ABOUT = re.compile(
    rf"(?:\ba?bou?t|\bagainst|\bconcerning|\bregarding|\brelat\w+ to the (?:conduct|behaviour|actions) of|\binvestigat\w+|\bsuspect\w*|\breport(?:s|ed|ing)?|\bgrass\w* (?:up )?(?:on )?|\bdob\w* (?:in )?|whistle ?on|\bblow\w* on|\bcomplain\w* (?:about|of)|\btrust\w*|\b(?:scared|frightened|afraid|terrified|feart) (?:of|off)|\b(?:problem|issue|trouble) (?:is|with)|\b(?:unhappy|uncomfortable|uneasy) (?:with|around|near)|\b(?:conduct|behaviour|behavior|actions|language|drinking) of|\b(?:worried|worry|concern\w*|bothered|uneasy|unhappy) a?bou?t|\bblow\w* on|\bon (?:my|your) own(?= @))"
    rf" (?P<who>{_SOME})\b{_NOT_CONDUCT}"
    rf"|\b(?:(?:told|made|asked|instructed|ordered|advised|pressur\w+) by (?P<bade>{_SOME})\b{_BETWEEN}\b(?:not|never|keep|delete|hide|change|alter|lie|quiet|drop|ignore|shred|destroy|say nothing|backdate|sign|forget)"
    rf"|(?:forced|bull\w+|harass\w*|hit|touched|shouted at|sworn at|threaten\w+|gropp?ed|kissed|followed|picked on|humiliat\w+|belittl\w+|scream\w+ at|yelled at|bribed|blackmail\w+|assault\w*|grabbed|pushed|shoved|slapped|hurt|abus\w+|groom\w+|undermin\w+|ignored|frozen out|victimi[sz]ed|singled out|discriminat\w+ against|intimidat\w+|upset|attacked|mistreated|treated|bitten|dragged|slagged off) (?:\w+ ){{0,4}}by (?P<by>{_SOME}))\b"
    rf"|\b(?:it'?s|it is|it was|its|if it be|that was|that's|this is|they are|they're|she's|he's|shes|hes) (?P<is>{_SOME})(?= (?:who|that|thats|i'?m|im|i|himself|herself|doing|then)\b| ?[.?!,;]| ?$)"
    rf"|(?:\b(?:person|one|adult|somebody|someone|abuser|culprit|man|woman|bully|staff)|@colleague)\b(?: (?!tell|ask|see|report|contact|ring|email|go|speak)[\w']+){{0,7}} (?:is|was|be|being) (?P<one>{_SOME})"
    rf"|(?P<named>{_SOME})(?:'s| is| was| are| were| be| being)? (?:\w+ )?(?:the (?:one|problem|person|culprit|abuser|bully|adult|issue)\b|involved|thats the problem|that's the problem|accused|guilty|implicated|behind (?:it|this|all))"
    rf"|\b(?:without|behind|hide it from|keep it from) (?P<unknown>{_SOME})(?:'s|s')? (?:finding|knowing|seeing|being told|hearing|getting to|back)|\b(?:{_IMAGES}) (?:of|with) {_BETWEEN}\bon (?P<keeps>{_SOME})'s|\b(?:saw|seen|see|caught) (?P<with>{_SOME}) (?:[\w']+ ){{0,8}}?{_PUPIL}\b|\bwhat (?P<did>{_SOME}) (?:did|does|has done|is doing|said)\b|(?P<accused>{_SOME}) (?:is|was|were|are|gets|been|be|has been) (?:\w+ )?(?:accused|investigated|suspended|arrested|reported|found out|caught|the subject)"
    rf"|\b(?:caught|witness\w*|evidence|proof|rumours?|suspicions?|allegations?|suspicious) (?:that |against |about |of )?(?P<seen>{_SOME})"
)

# What nobody should do, whoever it is done to.
_WRONG = (
    r"(?:bull(?:y|ies|ied|ying)|harass\w*|abus\w+|groom(?:s|ed|ing)|molest\w*|rap(?:e|ed|ing)|assault\w*|hit|hits|hitting|slap\w*|smack\w*|shov\w+|push(?:es|ed|ing)|grabb?\w*|kick(?:s|ed|ing)|punch\w*|pinch\w*|dragg?\w*|yank\w*|throttl\w*|chok(?:es|ed|ing)|strangl\w*|headbutt\w*|spank\w*|whack\w*|clout\w*|thump\w*|batter(?:s|ed|ing)|beat(?:s|ing)?|manhandl\w*|pinned|flung|force[- ]?fed|spat|spits|shak(?:es|ing)|shook|hurt(?:s|ing)?|lock(?:s|ed|ing)|threw|touch(?:es|ed|ing)?|grop\w+|kiss\w*|cuddl\w+|strok(?:es|ed|ing)|fondl\w*|arms? (?:round|around)|hands? on"
    r"|sleep(?:s|ing)? with|slept with|affairs?|flirt\w*|dat(?:ed?|es|ing) (?:a|one|my|the|his|her)|(?:asked|asking) (?:\w+ ){1,4}out\b|sexual\w*|naked|nudes?|porn\w*|relationship with|crush on|creepy|creep|perv\w*|inappropriate\w*|kisses|comments? (?:about|on) (?:my|me|her|his|their|girls?|boys?|women|the girls)"
    r"|shout(?:s|ed|ing)?|swear(?:s|ing)?|swore|scream(?:s|ed|ing)?|yell(?:s|ed|ing)?|threat\w+|humiliat\w+|belittl\w+|undermin\w+|mock(?:s|ed|ing)|racis\w+|sexis\w+|homophob\w+|misogyn\w+|rude|nasty|vile|horrible|aggressive\w*|intimidat\w+|insult\w*|laugh(?:s|ed|ing) at|sneer\w*|ignor(?:es|ed|ing)|unfair\w*|discriminat\w+|victimi[sz]\w+|pick(?:s|ed|ing) on|singl(?:es|ed|ing) (?:me )?out|favourit\w+|gaslight\w*|microman\w+"
    r"|drunk|drink(?:s|ing) (?:at|in|on)|drink the|pissed|reek\w*|smell(?:s|ed|ing)? of|stank|stinks|stoned|cocaine|cannabis|weed|(?:on|tak(?:es|ing)|took|deal(?:s|ing)|sell(?:s|ing)) drugs|drugging|high on|hungover|smok(?:es|ed|ing)|vap(?:es|ed|ing)"
    r"|steal(?:s|ing)?|stole|stolen|nick(?:s|ed|ing)|thie\w+|theft|pocket(?:s|ed|ing)|fiddl\w+|fraud\w*|embezzl\w+|expenses|brib\w+|backhanders?|taking (?:\w+ )?money|(?:claim\w*|tak\w+|took|spent|spending) (?:\w+ ){0,3}(?:for|money|cash|funds)|helping (?:him|her)self"
    r"|alter(?:s|ed|ing)|falsif\w+|backdat\w+|forg(?:es|ed|ing)|fak(?:es|ed|ing|e) (?:\w+ )?(?:profile|account|results|marks|registers?|records|page|name)|massag\w+|fudg\w+|(?:chang|fix)(?:es|ed|ing) (?:\w+ ){0,2}(?:marks?|records?|data|results?|answers?|papers?|grades?|registers?|scores?|statements?|minutes|logs?)|delet(?:es|ed|ing)|shred\w*|destroy\w*|hid|hiding|hidden|cover(?:s|ed|ing)? (?:it |things? |this |that |stuff |everything )?up|leak(?:s|ed|ing)|lie[ds]?|lying|cheat\w*|blackmail\w*"
    r"|gossip\w*|slag(?:s|ged|ging)|bad-?mouth\w*|grass\w*|spread\w* (?:\w+ )?(?:rumours?|lies)|blab\w*|breach\w*|br(?:eaks?|oke|oken|eaking) (?:the |every |all |his |her |my |confiden\w+|data|policy)|confidential\w*|dangerous\w*|unsafe|negligen\w+|neglect\w*|misconduct|unprofession\w+|wrong-?doing|abuse of power|turn(?:s|ed|ing) a blind eye|makes? up|made up|making up|spy(?:s|ing)|stalk\w*|out to get|pick on|gets? away with|got away with|bent|corrupt\w*|dodgy|toxic|a bully|lift(?:s)? home|shirty|frosty|(?:ha[ds]|having|have) a go at|took (?:the )?credit|(?:like|as) dirt|snap(?:s|ped|ping)|subtweet\w*|(?:sen[dt]|text|giv|gave|bought|buy)\w* (?:him|her|them) (?:\w+ ){0,2}(?:pic\w*|photos?|texts?|gifts?|presents?|money|alcohol|vodka|kisses)|hand (?:up|on|down|round)|(?:ask|keeps? asking|asking) me (?:out|for a drink|on a date|back|if i'm)|alone with|behind closed doors|never told off|pressur(?:es|ed|ing)|forc(?:es|ed|ing)|mak(?:es|ing) (?:me|us)|sack(?:ed|ing)? me|(?:treat|talk|speak)\w* (?:to )?(?:me|us|staff|her|him|them|people) (?:like|as if|so badly|badly|down|differently))"
)
# What is wrong towards some, and no matter otherwise.
_TOWARDS = (
    rf"(?:post(?:s|ed|ing)|messag(?:es|ed|ing)|text(?:s|ed|ing)|dm(?:s|ed|ing|'d)|writ(?:es|ing) to|snapchat\w*|whatsapp\w*|follow(?:s|ed|ing)|friend(?:s|ed)? (?:request\w*)?|add(?:s|ed|ing)|likes|liked|film(?:s|ed|ing)|photograph\w*|tak(?:es|ing)|took|taken|recorded|recording|sent|sends|sending|shar(?:es|ed|ing)|told|telling|tells|chat\w*|met|meet(?:s|ing)|call(?:s|ed|ing)|has|have|had|shut|held|hold(?:s|ing)|left|leaves|trapped|bought|buys|hugs?|hugg\w+|giv(?:es|ing)|gave|puts?|put(?:ting)|seeing|keeps?|drove|drives|driving) (?:(?!can |to (?:ask|use|put|post|run|do|write|check|read)\b)[^\s.?!]+ ){{0,6}}?"
    rf"(?:{_PUPIL}(?:'s|s)?(?: (?:off|money|jobs|presents?|in|up|doing|for|with|and|down|of|at|by|after|outside|a|an|the|on|in|at|under|private|names?|number|faces?|alone|lifts?|late|about|called|secrets?|to|sweets|his|her|he's|she's|who|that|round)\b| ?['\".?!,]|$)|(?:my|our) (?:medical|personal|private|sick\w*|health|home|number|address|details|body|file|salary|pay|business|diagnosis|pregnancy|messages|weight|clothes|phone number|secrets?)|(?:her|his|their|own|personal|private) (?:own )?(?:phone|insta\w*|facebook|whatsapp|snapchat|account|page|mobile|tiktok)|under a|late[- ](?:at )?night|late texts?|who (?:made|told|reported|complained))"
    rf"|(?:messag|text|dm|snapchat|whatsapp)(?:e?s|ed|'d|d|ing)? (?:[\w']+ ){{0,4}}?{_PUPIL}\b(?! (?:parents?|mums?|dads?|famil\w+|staff|teachers?|team|tas?|group|trip|@))"
)
# Some write as they speak: shoutin, textin.
_WRONG, _TOWARDS = (words.replace("ing", "ing?") for words in (_WRONG, _TOWARDS))
_CONDUCT_OF = r"(?:behaviour|behavior|conduct|spending|drinking|expenses|affair|comments|lies|temper|bullying|attitude|mistakes?|negligence|tweets?|language|relationship|favouritism|swearing|shouting|treatment|threats?)"
# Whoever else is named before the deed has done it; what is only said, or meant to happen, is no deed.
_SOMEBODY_ELSE = rf"(?:(?:says|said|thinks|asked|asks|wants|knows|if|whether|when) (?:that )?)?(?:an?|another|my|the|this|that|one of \w+|some|any|our) (?:\w+ )?(?:parents?|mums?|dads?|visitor|{_PUPIL})\b"
_BEFORE_DEED = rf"(?:(?!{_SOMEBODY_ELSE}|(?:i|we|may|must|should|shall)\b|@|to (?:report|tell|ask|deal|stop|prevent)\b|(?:says|said|say|saw|heard|noticed|found|reported|thinks|reckons)\b)[^\s.?!]+ ){{0,7}}?"
_PRONOUN = r"(?:s?he|they)(?:'s|'d|'re|s)?"
_DID = re.compile(
    rf"(?P<who>{_SOME})(?:'s|s'?)?,? {_BEFORE_DEED}{_WRONG}\b"
    rf"|(?<!can )(?<!does )(?<!should )(?<!may )(?<!must )(?<!could )(?<!will )(?<!has )(?<!do )(?<!did )(?P<also>{_SOME})(?:'s|s'?)?,? {_BEFORE_DEED}{_TOWARDS}"
    rf"|(?P<of>{_SOME})(?:'s|s'?) (?:\w+ )?{_CONDUCT_OF}\b"
    # ... says or does, to keep something from coming out.
    rf"|(?P<bids>{_SOME})(?:'s|s)? (?:\w+ ){{0,3}}?(?:told|tells|telling|telt|said|says|asked|asking|instruct\w+|order\w+|made|making|wants?|wanted|warn\w+|insist\w+|beg\w*|got|advis\w+|expects?)\b{_BETWEEN}\b"
    r"(?:(?:delete|hide|change|alter|lie|shred|backdate|back-?date|destroy|falsify|fake|forge|pretend|bin it|rub out|cross out|withdraw|drop (?:it|the|my)|cover (?:it|this|up)|ignore|forget (?:it|about|what)|wipe|bury|(?:keep|stay|be) (?:quiet|silent|schtum|shtum|mum|it (?:quiet|secret|to (?:my|our)sel\w+|between))|say nothing|shut up|(?:my|your) mouth shut|mark (?:\w+ ){0,3}(?:present|down|up))"
    r"|(?:not to|dont|don't|do not|never|never to|not tae|dinnae) (?:\w+ ){0,2}?(?:tell|report|record|ring|call|phone|speak|say|write|log|talk|mention|contact|inform|refer|involve|bother|raise|put it)|if i (?:tell|told|report\w*|sp[eo]a?k\w*|say|said|go to|went to|complain\w*|raise[d]?|open))\b"
    rf"|(?P<stops>{_SOME}) (?:won'?t|will not|wouldn'?t|isn'?t|didn'?t|refus\w+ to|does ?n[o']?t|stopp?\w*|willnae) (?:\w+ )?(?:let\w*|allow\w*|letting|me|us) (?:\w+ )?(?:from )?(?:to )?(?:ring\w*|call\w*|phon\w*|report\w*|tell\w*|record\w*|speak\w*|contact\w*|writ\w+|log\w*|inform\w*|rais\w+|refer\w*|complain\w*)"
    rf"|(?P<knew>{_SOME}) (?:knew|has known|have known|knows) (?:about|of|all|for|that|what)\b"
    # Told over two sentences, or with "and he".
    rf"|(?P<then>{_SOME})(?:'s|s'?)? (?:(?!{_SOMEBODY_ELSE}|@|i\b|(?:says|said|told|saw|heard|noticed|found|reported|thinks|reckons)\b)[^\s?!]+ ){{0,12}}?{_PRONOUN} (?:\w+ ){{0,4}}?{_WRONG}\b"
)

# Who the asker is herself.
_ASKER = re.compile(rf"\b(?:i'?m|i am|as|being) {_ONE}")
# Whom somebody only wants to tell or to ask, or has told; and accounts that only bear the name.
_ADDRESSED = re.compile(
    rf"\b(?:tell|tells|telling|t[oe]ld|ask|asks|asked|asking|inform\w*|notif\w+|e-?mail(?:s|ed|ing)?|ring|rang|phone|phoned|contact\w*|consult\w*|let|cc|thank\w*|to|from|than|like|pretending to be) {_SOME}(?:'s|s)?(?= |[.,?!;]|$)"
    rf"|\b(?:speak|spoke|spoken|talk|talked) (?:to|with) {_SOME}|\b(?:account|page|profile|video|picture|photos?|deepfake|impression|parody|card|leaving do) (?:of|for|about) {_SOME}"
    # ... what is said of them, or asked of their office, is no deed of theirs.
    rf"|\b(?:post|moan|rant|whin|grumbl|jok|writ|wrote|tweet|talk|say|said|says|joke|lie|rude|nasty|comment|gossip|slag\w* off|rule|polic|section|clause|bit|part|paragraph|know|more|song|poem|speech|article|how|what)\w*(?: \w+)? about {_SOME}"
)

# What each route of a complaint is called, and the matters that are on it.
_WHISTLEBLOWING = re.compile(
    r"\b(?:whistle-? ?blow\w*|bl[oe]w(?:ing|n|s)? the whistle|protected disclosures?|public interest disclosures?|wrong-?doing|malpractice|cover(?:ed|ing)?[- ]?up|(?:fiddl|fudg|falsif|massag)\w+|embezzl\w+|backhanders?|brib\w+|corrupt\w*"
    r"|fraud\w*(?! (?:e-?mails?|messages?|calls?|links?))|misus\w+ (?:of )?(?:public |school )?(?:money|funds)|(?:stealing|pocketing|siphoning) (?:\w+ ){0,4}(?:money|funds|cash))\b"
)
_GRIEVANCE = re.compile(
    r"\b(?:grievances?|(?:allegations?|complain\w*|accus\w+|investigat\w+) (?:\w+ ){0,3}?(?:against|about|of|into)? ?(?:me|us|myself)\b|(?:bull(?:y|ies|ied|ying)|harass\w*|victimi[sz]\w+|humiliat\w+|belittl\w+|undermin\w+|threaten\w*|discriminat\w+ against|picks? on|picking on|singl\w+) (?:me|us)\b"
    r"|(?:i'?m|i am|i've been|ive been|i was|been|being|getting|get) (?:\w+ )?(?:bullied|harassed|victimi[sz]ed|picked on|singled out|discriminated|ostraci[sz]ed|undermined|humiliated|mistreated|gaslit|shouted at|sworn at)|workplace bullying|bullied at work|bully(?:ing)? (?:at work|boss|manager|head)|is a bully|(?:shout|swear|scream|yell)\w* at (?:me|us)|dignity at work|sexual(?:ly)? harass\w+)\b"
)
_ALLEGATION = re.compile(r"\b(?:allegations?|low[- ]level concerns?|harm threshold|lado|designated officer)\b")
_OF_ONES_OWN = re.compile(
    r"(?<!told )(?<!tells )(?<!telling )(?<!asked )(?<!instructed )(?<!ordered )(?<!let )(?<!to )\b(?:me|us)\b|\bmy (?:own |personal |private )?(?:body|appraisal|pay|lunch|medical|details|messages|health|accent|weight|age|looks|hours|pregnancy|number|address|salary|work|job)\b|\bscared of\b"
)
_ABOUT_PUPILS = re.compile(rf"\b{_PUPIL}\b")
COMPLAINTS = {
    Complaint.WHISTLEBLOWING: (
        "Aims of the whistleblowing policy",
        "Anonymous whistleblowing",
        "Being accompanied when raising a whistleblowing concern",
        "Feedback and outcome after whistleblowing",
        "Going outside the school with a whistleblowing concern",
        "How staff are told about whistleblowing and trained in it",
        "Keeping a whistleblower's identity confidential",
        "Malicious or knowingly false whistleblowing",
        "Protection from reprisals for whistleblowers, and the law",
        "Reasonable belief and not needing proof",
        "What to do if nothing happens after reporting",
        "What whistleblowing covers",
        "Whistleblowing to the press or on social media",
        "Whistleblowing, grievance or another procedure: which route",
        "Whistleblowing: when to raise it, what happens next and by when",
        "Who can use the whistleblowing policy",
        "Whom to raise a whistleblowing concern with",
    ),
    Complaint.GRIEVANCE: (
        "Bullying, harassment or exclusion of staff by colleagues online",
        "Raising a grievance: informal step, written grievance, hearing and appeal",
        "Reporting bullying or harassment: informal and formal routes",
        "Reporting sexual harassment by a colleague or manager",
        "The difference between bullying and reasonable management",
        "What counts as bullying or harassment of staff",
    ),
    Complaint.ALLEGATION: (
        "A safeguarding allegation or concern about the headteacher, and the chair's part",
        "Allegations against supply staff and people using the premises",
        "Confidentiality while an allegation is looked into",
        "Contacting the local authority designated officer",
        "False, malicious or unfounded allegations",
        "Recording low-level concerns and whether they go in references",
        "Reporting a low-level concern about an adult",
        "Reporting an allegation against a colleague",
        "Resignation and settlement agreements during an allegation",
        "The headteacher or a senior leader has broken the rules",
        "What a low-level concern is",
        "What counts as an allegation meeting the harm threshold",
    ),
}
_ROUTE_OF_MATTER = {name: route for route, names in COMPLAINTS.items() for name in names}


def concerned(text: str) -> frozenset[Role]:
    """Return those of the headteacher, the DSL, the governors, a line manager and the senior leaders whom a text is about.

    That is, whose conduct or conflict of interest. SLT stands for a deputy headteacher too. A text that only asks whether to tell
    one of them, or what they must approve, is about none; one that says that they were told and did nothing is about them.
    """
    plain = _with_offices(text)
    return _roles(_named_in((_NOT_DEALT_WITH, _CONFLICT, _MAY_THEY), plain)) | _roles(_accused(plain))


def accused(text: str) -> frozenset[Role]:
    """Return those of the same of whom a text tells that they did wrong; not those who only did nothing, or are too close."""
    return _roles(_accused(_with_offices(text)))


def accuses_staff(text: str) -> bool:
    """Tell whether a text tells of any member of staff, in power or not, that they did wrong."""
    return bool(_accused(_with_offices(text)))


def complaint_of(reading: Reading) -> Complaint | None:
    """Return the route of a complaint, None where a question is on none of them.

    By its words, then by the matter that it is read as; of somebody in power who has done something else it is an allegation,
    or a grievance where the asker says what was done to her, and speaks of no pupil.
    """
    texts = tuple(dict.fromkeys((reading.question, *reading.meant)))
    named = next(filter(None, map(_route_in_words, texts)), None)
    matter = reading.matters[0]
    likely = _ROUTE_OF_MATTER.get(matter.name) if matter.likeness >= LIKENESS else None
    return named or likely or next(filter(None, map(_route_of_conduct, texts)), None)


def _route_in_words(text: str) -> Complaint | None:
    plain = " ".join(normalize(text).split())
    if _WHISTLEBLOWING.search(plain) or _roles(_named_in((_NOT_DEALT_WITH,), _with_offices(text))):
        return Complaint.WHISTLEBLOWING
    if _GRIEVANCE.search(plain):
        return Complaint.GRIEVANCE
    return Complaint.ALLEGATION if _ALLEGATION.search(plain) else None


def _route_of_conduct(text: str) -> Complaint | None:
    if not concerned(text):
        return None
    plain = normalize(text)
    own = _OF_ONES_OWN.search(plain) and not _ABOUT_PUPILS.search(plain)
    return Complaint.GRIEVANCE if own else Complaint.ALLEGATION


def _with_offices(text: str) -> str:
    """Return a text in which each of those in power is one word with a mark before it."""
    plain = _BODY.sub(lambda match: match["whom"] or " ", " ".join(normalize(text).replace("@", " ").split()))
    return _ASKER.sub("i", _AT_SCHOOL.sub(lambda match: f"@{match.lastgroup}", plain))


def _accused(plain: str) -> set[str]:
    return _named_in((_ABOUT, _DID), _ADDRESSED.sub(" ; ", plain))


def _named_in(patterns: Sequence[re.Pattern[str]], plain: str) -> set[str]:
    """Return the offices of those whom patterns find: in their groups, or in all that they find where they have none."""
    found: set[str] = set()
    if "@" not in plain:  # it speaks of nobody at school
        return found
    for match in (match for pattern in patterns for match in pattern.finditer(plain)):
        for words in [words for words in match.groups() if words] or [match[0]]:
            found.update(word[1:] for word in re.findall(_ONE, words))
    return found


def _roles(offices: set[str]) -> frozenset[Role]:
    return frozenset(role for office in offices for role in _ROLES[office])
