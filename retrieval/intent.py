"""What kind of thing was said, before any search: small talk, a sign that a child may be at risk, or a question."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from retrieval.analyzer import normalize


class Danger(StrEnum):
    """What an urgent question is about; it decides the route."""

    CHILD_AT_RISK = "child_at_risk"
    INDECENT_IMAGE = "indecent_image"
    ALLEGATION = "allegation"
    THREAT = "threat"
    ASKER_AT_RISK = "asker_at_risk"


@dataclass(frozen=True, slots=True)
class Intent:
    """`smalltalk` and `danger` exclude each other; both empty is a question for the policies."""

    smalltalk: bool = False
    danger: Danger | None = None


# The words that the signs are made of: who, to whom, what.
_KID = r"(?:child(?:ren)?|kids?|kiddies?|pupils?|students?|boys?|girls?|lads?|lass(?:es|ie)?|little ones?|toddlers?|bab(?:y|ies)|youngsters?|teen(?:ager)?s?|infants?|minors?|sixth[- ]?formers?|(?:year|yr|y) ?\d{1,2}s?|reception|nursery|niece|nephew|(?:one|two|some|a few|a couple) of (?:my|our|the)\b[\w ]{0,12}|(?:one|two|some|a few) of (?:ours|mine))"
_THEY = rf"(?:{_KID}|he|she|they|him|her|them|he's|she's|they're)"
_HOME = r"(?:dad(?:dy)?|mum(?:my)?|mam|mom|da|father|mother|step[- ]?\w+|foster \w+|uncle|aunt\w*|gran\w*|nan(?:na)?|brother|sister|cousin|parents?|carer|family|boyfriend|girlfriend|partner|husband|wife|babysitter|childminder|neighbour|lodger)"
_STRANGER = r"(?:man|men|bloke|guy|strangers?\b(?! danger)|someone|somebody|some (?:grown[- ]?up|adult|lad|person)|grown[- ]?up|older (?:boy|lad|man|girl|teen\w*|kids?|person|men|boys|lads)|online (?:friend|boyfriend|girlfriend|person))"
_ADULT = rf"(?:{_HOME}|{_STRANGER}|coach|teacher|ta|colleague|caretaker|volunteer)"
# The head as a person; a child's own head is no person.
_STAFF = r"(?:teachers?|ta|teaching assistant|lsa|colleagues?|staff|caretaker|site manager|cook|volunteer|coach|tutor|(?<!his )(?<!her )(?<!my )(?<!their )(?<!its )head(?: ?teacher)?|deputy(?: head)?|governor|supply|assistant|co-?worker|another adult|one of us|lunchtime supervisor|mid-?day supervisor|dinner lady|driver|instructor|vicar|(?:mr|mrs|miss|ms) \w+)"
_HIT = r"(?:hit(?:s|ting)?(?! (?:the |a |an |his |her |their )?(?:roof|ceiling|nail|like|send|share|reply|target\w*|button|post|head|absence|limit))|hurt(?:s|ing)?(?! \w+'?s? feelings)|beat(?:s|en|ing)?(?: up)?|batter\w*|smack\w*|slap\w*|punch\w*|kick(?:s|ed|ing)?(?! (?:him |her |them )?(?:out|off))|thump\w*|whack\w*|strangl\w*|chok(?:es|ed|ing)|throttl\w*|burn(?:s|t|ed|ing)?|scald\w*|stab\w*|touch(?:es|ed|ing)|abus(?:e|es|ed|ing)|rap(?:e|es|ed|ing)|molest\w*|assault\w*|starv\w*|neglect\w*|groom(?:s|ed|ing)|lock(?:s|ed) (?:him|her|them)|bruis\w+|black eye|traffick\w*|exploit\w*)"
_SAYS = r"(?:say(?:s|ing)?|said|tells?|told|telling|wr[io]te\w*|written|writing|messag\w*|texted|texting|dm'?d|emailed|posted|typed|googled|search(?:ed|ing)|note|letter|whisper\w*|disclos\w*|drawn|drew)"
_WANTS_TO_DIE = r"(?:(?:want(?:s|ed|ing)?|wanna|wish(?:es|ed|ing)?)\b[^.?!]{0,15}\b(?:2 |to )?(?:die|be dead|was dead|were dead|is dead|end it(?= ?(?:all|now|tonight|$|[.,!;]))|never wake up|not wake up)|(?:do|does|did)(?:n'?t| not) (?:want to|wanna) (?:be here|live|be alive|wake up|exist|go on)|better off dead|(?:no|see the|any) (?:reason|point) (?:to live|(?:in )?(?:living|being (?:alive|here)))|nothing to live for)"
_SELF = r"(?:(?:her|him|them|my|your|it) ?sel(?:f|ves)|themself)"
_IMAGES = r"(?:images?|pictures?|pics?|photos?|photographs?|videos?|vids?|films?|footage|clips?|content|material|selfies?|screenshots?|stuff)"
_NAKED = r"(?:indecent|naked|nude|nudes|explicit|sexual(?:i[sz]ed)?|topless|undress\w*|child (?:sexual )?abuse|porn\w*|paedophil\w*|sext\w*|dick pic\w*|half[- ]dressed|no clothes|without (?:any |her |his |their )?clothes)"
_PRIVATE = r"(?:private parts?|privates|knickers|underpants|pants|underwear|willy|penis|vagina|fanny|bum|bottom|down below|down there|between (?:her|his|their) legs|breasts?|boobs?|genitals)"
_WEAPON = r"(?:knife|knives|gun|blade|machete|weapon|knuckle ?dusters?|acid|axe|crossbow|hammer|baseball bat|(?:pellet|bb|air) ?(?:gun|rifle)|petrol bomb)"
_ONLINE = r"(?:online|internet|web|tiktok|tik tok|snapchat|snap|roblox|xbox|playstation|instagram|insta|fortnite|discord|minecraft|whatsapp|facebook|an app|a game|chat ?room|omegle|kik)"
_BODY = r"(?:neck|throat|back|arms?|wrists?|legs?|face|cheek|thighs?|body|bum|bottom)"
# A subject that is taught or written about is no sign of it.
_AS_A_SUBJECT = r"(?! (?:policy|policies|training|course|awareness|guidance|lesson|lessons|assembly|workshop|lead|team|week|day|book|leaflet|poster))"
# What is a pupil's, and no pupil.
_THEIRS = r"(?!'s?\b|s')(?! (?:book|books|progress|reading|attendance|grades?|work|results|handwriting|file|data|record|records|form|has not handed))"
_NEGLECTED = r"(?:starving|(?:has|have|had)(?:n'?t| not) (?:eaten|had (?:any )?(?:food|anything to eat))(?: anything)?(?! (?:his|her|their|all|up|much)\b)|(?:no|any|without) food (?:at home|in the house|in)|nothing to eat|no (?:heating|electric\w*|bed)\b|sleep(?:s|ing)? (?:on the floor|in the car|rough)|always hungry|(?:comes?|came|coming) (?:in|to school) [^.?!]{0,15}(?:filthy|dirty|hungry|starving|stinking)|left (?:all )?(?:alone|on (?:his|her|their) own|by (?:himself|herself|themselves)|home alone)\b[^.?!]{0,20}\b(?:at home|home|all (?:night|day|weekend)|overnight|for days))\b"
# Next to a child each of these is a sign by itself.
_GRAVE = r"(?:jump(?:ing)? (?:off|in front)|razors?|blades?|noose|rope\b(?= in| round|$)|(?:stopped|not|isn't|refus\w+) eating|covered in (?:bruises|blood|scars)|(?:broke|break|breaks|broken|snap|snapped) (?:his|her|their) (?:arm|leg|legs|neck|nose|ribs?|jaw|fingers?)|(?:sex|convicted) offender|p(?:a)?edo\w*|love ?bites?|acting out sex\w*|rude (?:films?|pictures?|videos?|pics)|(?:gets|got|is|was|been|being) (?:locked|shut|tied|chained) (?:in|up|to)|tied (?:\w+ ){1,4}to (?:a|his|her|the)|out of the bins?|tr(?:y|ies|ied|ying) to (?:grab|snatch|take|abduct|kidnap)|abduct\w*|kidnap\w*|sit on (?:his|her) (?:knee|lap)|force[- ]?f(?:ed|eed\w*)|(?:not|n't|nt) been seen (?:for|since|in)\b|(?:mum|mam|dad|uncle|step\w+|nan|brother) broke (?:his|her|their)\b|(?:not|never) see (?:them|her|him) again|(?:sleep|sleeps|sleeping) with (?:the|a|her|his|him|them) (?:lodger|man|men|uncle|\w*dad\w*|brother|boyfriend)|by some (?:men|man|lads|older \w+)|list of (?:people|kids|children|pupils) (?:he|she|they)|pulling (?:his|her|their|\w+'s|\w+ son's|\w+ daughter's) hair|fighter in|(?:sent|send) robux|(?:share|leak|post|spread)\w* (?:\w+'?s? ){0,3}(?:private|naked|intimate) (?:pictures?|photos?|pics|videos?)|meet (?:\w+ )?(?:in|at) (?:a|the|his|her) (?:hotel|house|flat|car|park|woods)|(?:being|bein|been|was|get(?:ting|tin)?|gonna be|will be|to be) (?:battered|beaten|married|cut(?! (?:off|out|short|down|from))|stamped on|stripped|drugged|spiked|filmed (?:in|on) the (?:toilet|shower|chang)\w*)|cutting ceremony|genital\w*|black eye|unexplained (?:bruis|injur|mark)\w*|bruises every|(?:hand|finger|fist|belt|bite|burn|cigarette|strap|rope)\w*[- ]?(?:shaped)?[- ]?(?:marks|bruis\w*|burns?\b)|the belt\b(?= if| when|$|[.,!])|grop(?:ed|ing)|swastikas?|isis|jihad\w*|goodbye (?:letter|note|message)|on (?:a|the) (?:bridge|ledge|railway|train tracks?)|(?:threw|throws?|thrown|pushed) (?:him |her |them |me )?(?:down the stairs|against|across)|(?:comes?|came|goes|gets|creeps) (?:in|into) (?:my|her|his) (?:bed|bed ?room|room)|does things to (?:me|him|her|them)|(?:makes?|made|making) (?:me|him|her|them) do (?:things|stuff)|blackmail\w*|drown\w*|(?:life|living)(?: is|'s|) ?(?:not|n't|isn't) worth\b|(?:hears?|heard) [^.?!]{0,25}screaming|(?:cracked|fractured) (?:ribs?|skull|arm|wrist)|show(?:s|ed|ing) (?:\w+ )?(?:his|their) (?:private|privates|willy|penis)|(?:isn't|wasn't|not) on the (?:coach|bus|register) and|left (?:him|her|them|a child|one) behind|missing (?:at|from|on) the (?:roll call|head ?count|count|line|register|coach|bus)|(?:has|have)(?:n't|nt| not) been home|looking after (?:his|her|their) (?:\w+ )?(?:sister|brother|sisters|brothers|siblings)\b|trousers down|dirty (?:films?|pictures|videos?)|willy|willies|penis|(?:stinks?|smells?|smelling) of (?:wee|urine|poo|drink|weed)|(?:steal|nick|tak)(?:s|es|ing) food|needles|syringes?|(?:found|picked|chosen) (?:her |him |me )?a (?:husband|wife)|(?:not|never|n't|nt) come back (?:from|to) |over the fence|(?:ran|run|running|bolted|escaped|legged it) (?:off )?out of the (?:gate|school|building|playground)|(?:asks?|made|makes|making|getting|dares?) (?:\w+ ){0,4}(?:show|send)\w* (?:him |them |me |us )?(?:her|his|their) (?:underwear|knickers|pants|bum|body|boobs)|out alone at|sleep(?:s|ing)? (?:in|on) (?:his|her|their|a|the) (?:car|floor|street|streets|park|bus shelter|shed|garage)|scratching (?:himself|herself)|(?:would|will) (?:\w+ )?(?:miss|notice if) (?:him|her|me|he|she|i)\b|in danger(?! of)|danger right now|(?:broken|fractured) (?:\w+ ){0,3}(?:again|third time)|terrified|petrified|hear(?:ing)? voices|watch(?:es|ed|ing)? (?:the )?(?:girls|boys|children|them|her|him) (?:get(?:ting)? )?(?:chang|undress|shower)\w*)"


class _Sign(NamedTuple):
    """A pattern: whom it begins with (empty for anybody), and what stands after that in the same sentence."""

    danger: Danger
    who: str
    what: str


_CHILD, _IMAGE, _ALLEGATION, _THREAT, _ASKER = (
    Danger.CHILD_AT_RISK,
    Danger.INDECENT_IMAGE,
    Danger.ALLEGATION,
    Danger.THREAT,
    Danger.ASKER_AT_RISK,
)


def _near(most: int) -> str:
    """Return the pattern of up to `most` characters between two words of a sentence."""
    return rf"\b[^.?!]{{0,{most}}}\b"


# In the order in which they are tried: the first that fits gives the route.
_SIGNS = (
    # a child who wrote or said that it wants to die, before the asker's own words
    _Sign(_CHILD, _KID, rf"{_near(60)}{_SAYS}{_near(60)}(?:{_WANTS_TO_DIE}|(?:kill|hurt|harm|cut)(?:ing|ting)? {_SELF})"),
    # the asker
    _Sign(_ASKER, r"(?:i|me)", rf"{_near(15)}(?:{_WANTS_TO_DIE}|end(?:ing)? it all)\b"),
    _Sign(_ASKER, r"i", r" (?:want|wanna|am going|'m going|going) (?:to )?(?:die|kill myself|hurt myself)\b"),
    _Sign(
        _ASKER,
        r"i",
        r" (?:can'?t|cannot) (?:(?:cope|go on|carry on|do this|take (?:it|this)) any ?more|face (?:another day|tomorrow|living))\b",
    ),
    _Sign(_ASKER, r"i", r"(?:'m| am| feel|'ve been| have been) suicidal\b"),
    _Sign(
        _ASKER,
        r"i",
        rf"(?:'m|'ve| am| have){_near(30)}(?:(?:bottle|packet|box) of|taken (?:some|too many|a lot of|loads of|all my)) (?:pills|tablets|paracetamol)\b",
    ),
    _Sign(
        _ASKER,
        "",
        r"(?:don'?t|do not|can'?t|cannot) see (?:the|any|a) point (?:in|of|to) (?:being alive|living|life|going on|anything)",
    ),
    _Sign(_ASKER, "", r"(?:made|making|makes|left|leaves) me (?:feel )?suicidal|(?:kill(?:ing)?|hurting|harming|cutting) myself"),
    _Sign(_ASKER, "", r"end(?:ing)? my life|tak(?:e|ing) my (?:own )?life|no reason to live|better off (?:dead|without me)"),
    _Sign(_ASKER, "", r"wish i (?:was|were) dead|(?:enough|tired|sick) of (?:living|life|being alive)"),
    _Sign(_ASKER, "", r"(?:nobody|no one|noone) would (?:miss me|(?:notice|care) if i)\b"),
    _Sign(
        _ASKER,
        "",
        r"my (?:husband|wife|partner|ex|boyfriend|girlfriend) (?:\w+ )?(?:hits?|beats?|hurts?|strangl\w+|threaten\w*|attack\w*|punch\w*)\b",
    ),
    # images
    _Sign(
        _IMAGE, _NAKED, rf"{_near(60)}{_IMAGES}{_near(50)}(?:{_KID}|child\w*|under ?age|laptop|computer|pc|ipad|phone|tablet)\b"
    ),
    _Sign(_IMAGE, _NAKED, rf" {_IMAGES}? ?(?:of|from) [^.?!]{{0,30}}\b(?:{_KID}|her|him|them)\b"),
    _Sign(
        _IMAGE,
        _IMAGES,
        rf"{_near(40)}(?:{_KID}|them\w*|her\w*|him\w*){_near(40)}(?:naked|nude|no clothes|without (?:any )?clothes|undress\w*|topless|swimming things|underwear|knickers|bra|no top|top off|bath|shower|sexual\w*|indecent)\b",
    ),
    _Sign(_IMAGE, _IMAGES, rf" of [^.?!]{{0,20}}\b{_NAKED} {_KID}\b"),
    _Sign(
        _IMAGE,
        r"(?:found|seen|saw|come across|came across|opened|got|has|have|there are|looks? like|think)",
        rf"{_near(60)}(?:child (?:sexual )?abuse|child porn\w*|indecent)\b",
    ),
    _Sign(
        _IMAGE,
        r"(?:send|sent|sends|sending|share[sd]?|sharing|passed|passing|show(?:ed|ing|n)?|asks?|asked|asking|wants?|keeps)",
        rf"{_near(40)}(?:nudes?|naked|topless|pictures? (?:of {_SELF}|of her|of him)?[^.?!]{{0,20}}(?:no clothes|without|undress|swimming|underwear|bra|bath|shower))\b",
    ),
    _Sign(_IMAGE, _KID, rf"{_near(60)}(?:nudes|porn\w*)\b"),
    _Sign(_IMAGE, r"(?:nudes|porn\w*)", rf"{_near(40)}{_KID}\b"),
    _Sign(_IMAGE, "", r"up ?skirt\w*|up [^.?!]{0,15}\bskirts?\b"),
    # an adult at school
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(80)}(?:flirt\w*|inappropriate(?:ly)? (?:with|messag\w*|touch\w*)|sexual\w*|kiss\w*|cuddl\w*|hugg\w*|hugs|sexting|groom(?:s|ed|ing)?|alone in (?:his|her|their) (?:car|house)|relationship with|{_HIT}|sh[ao]ok|shaking|scream\w*|pulled|grabb?\w*|dragg\w*|pushed|pinned|lock(?:s|ed|ing)|tied|force[- ]?fed|on (?:his|her) (?:knee|lap)|too friendly|keep\w* it (?:quiet|secret|between)|love hearts|secret(?:ly)? messag\w*){_near(60)}(?:{_KID}|him|her|class|by the (?:throat|neck|hair|arm))\b",
    ),
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(60)}(?:messag|text|snap|dm|contact|meet|send|sent)\w*{_near(40)}(?:flirty|sexy|sexual|rude|private|secret|loves?|kisses|late at night|hearts){_near(40)}{_KID}\b",
    ),
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(60)}(?:messag|text|snap|dm|meet|send|sent)\w*{_near(40)}{_KID}{_near(40)}(?:flirty|sexy|sexual\w*|secret\w*|loves?|in love|kiss\w*|late at night|hearts|beautiful|gorgeous|alone|disappear\w*)\b",
    ),
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(40)}(?:sending|sent|sends)\b(?! me\b)[^.?!]{{0,20}}\b(?:flirty|sexy|sexual|rude|inappropriate)\b",
    ),
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(20)}(?:having|had|has) (?:sex|an affair|a relationship|a thing){_near(10)}with{_near(20)}{_KID}\b",
    ),
    _Sign(
        _ALLEGATION,
        _STAFF,
        rf"{_near(60)}(?:lock\w* the door|into (?:the|a|his|her) (?:\w+ )?cupboard|dropped (?:a|the|my) {_KID}|smell\w* of alcohol|drunk|giv\w+ (?:one|a|the same|some) {_KID} (?:lifts?|presents|gifts|money|alcohol|cigarettes)|(?:watch|film|photograph|took|taking|takes)\w*{_near(50)}(?:changing|chang\w+ rooms?|showers?|toilets?|get changed|undress\w*))\b",
    ),
    _Sign(_ALLEGATION, _KID, rf"{_near(40)}{_SAYS}{_near(25)}{_STAFF}{_near(20)}{_HIT}\b"),
    _Sign(
        _ALLEGATION,
        rf"(?:{_STAFF}|he|she|who|lads?|man|mate|friend)",
        rf"{_near(40)}(?:been|keeps|keep|is|are|'s) (?:messag|text|snapchat|dm)\w* (?:a |an |one of |our |some |the |this )?(?:\w+ )?{_KID}\b(?!'s| (?:group|page|chat|parents?|mums?|dads?))",
    ),
    _Sign(_ALLEGATION, _STAFF, rf"{_near(60)}{_KID}{_near(60)}keep (?:it|this) (?:quiet|secret|between)\b"),
    # a child who harms itself
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(80)}(?:hurting|kill(?:ing|s|ed)?|harm(?:ing|s|ed)?|cutting|ending|(?:to|gonna|will|wanna|might|may) (?:hurt|cut|burn|end)|hanging|starving){_near(12)}(?:{_SELF}|it all|her life|his life|their life|wrists?|arms?)\b",
    ),
    _Sign(_CHILD, r"(?:his|their)", rf"{_near(60)}{_WANTS_TO_DIE}\b"),
    _Sign(_CHILD, _THEY, rf"{_near(60)}{_WANTS_TO_DIE}\b"),
    _Sign(_CHILD, r"(?:cuts|scars|slash\w*|slit\w*)", rf"{_near(25)}(?:arms?|wrists?|legs?|thighs?)\b"),
    _Sign(
        _CHILD,
        r"(?:taken|took|swallow\w*)",
        rf"{_near(12)}(?:(?:load|lot|bunch|handful|packet|pack|box|bottle)s? of|too many|all (?:her|his|their|the|of)){_near(20)}(?:tablets?|pills?|paracetamol|ibuprofen|calpol|medic\w+|bleach)\b",
    ),
    _Sign(_CHILD, "", rf"(?:self[- ]?harm\w*|suicid\w*|overdos\w*)\b{_AS_A_SUBJECT}"),
    # a child who is hurt, at home or by whomever
    _Sign(_CHILD, _KID, rf"{_near(80)}{_ADULT}{_near(30)}{_HIT}\b"),
    _Sign(_CHILD, _THEY, rf"{_near(40)}{_SAYS}{_near(30)}{_ADULT}{_near(30)}{_HIT}\b"),
    _Sign(_CHILD, _ADULT, rf"{_near(40)}{_HIT}{_near(20)}(?:her|him|them|{_KID})\b"),
    _Sign(_CHILD, r"(?:my (?:mum|mam|dad|step\w+|uncle|brother)|daddy|mummy)", rf" (?:\w+ )?{_HIT} me\b"),
    _Sign(
        _CHILD, _HOME, rf"{_near(12)}(?:beat|beats|hit|hits|attack\w*|strangl\w*|punch\w*|thump\w*){_near(12)}(?:{_HOME}|up)\b"
    ),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(60)}{_HIT}{_near(25)}with (?:a|an|his|her|their|the) (?:belt|stick|shoe|slipper|cane|spoon|cable|wire|hand|fist|iron|lighter|cigarettes?|pole|ruler|bat|hanger)\b",
    ),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(50)}(?:black eye|hand ?prints? on|(?:bruis\w*|burns?|marks?|welts?){_near(20)}(?:on|round|around|up|down|over){_near(20)}{_BODY})\b",
    ),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(40)}(?:being|been|was|were|is|got|gets|getting){_near(12)}(?:abused|beaten(?: up)?|hit|hurt|groomed|molested|raped|touched|neglected|exploited|trafficked|attacked|assaulted|starved)\b(?! (?:by|with) (?:a|the) (?:\w*ball|bat|bike|swing|door|branch|stone))",
    ),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(50)}(?:beat(?:ing)? up|battering|strangling|choking|raping|raped|stabbed|pinned){_near(40)}(?:{_KID}|him|her|them)\b",
    ),
    _Sign(_CHILD, _KID, rf"{_near(40)}held{_near(20)}down\b"),
    _Sign(
        _CHILD,
        r"(?:film|video)\w*",
        rf"{_near(30)}(?:him|her|them|{_KID}) (?:being|getting) (?:beaten|attacked|battered|hit|kicked|punched|bullied|stripped)\b",
    ),
    _Sign(
        _CHILD,
        r"(?:disclos(?:ed|ure|es|ing)|told me)",
        rf"{_near(60)}(?:touch\w*|abus\w*|hit\w*|hurts?|rap\w+|secret|scared to go home|afraid to go home|frightened)\b",
    ),
    # sexual abuse
    _Sign(_CHILD, r"sexual\w*", rf"{_near(15)}(?:abus\w*|assault\w*|touch\w*|exploit\w*|violence|acts?)\b{_AS_A_SUBJECT}"),
    _Sign(
        _CHILD,
        rf"(?:{_ADULT}|he|boys?|lads?|girls?|another child)",
        rf"{_near(30)}(?:touch\w*|hands?|fingers?|fingered|lick\w*|kiss\w*|rub\w*|tickl\w*|strok\w*|grop\w*|grabs?|grabbed|play\w* with|look\w* at|photograph\w*|film\w*){_near(30)}{_PRIVATE}\b",
    ),
    _Sign(
        _CHILD,
        "",
        r"(?:in|into)(?: (?:her|his|my|their|the same))? bed with (?:her|him|them|me)\b|(?:gets?|got|getting|climbs?|climbed|comes?|came) (?:in|into) (?:her|his|their|my) bed\b",
    ),
    _Sign(_CHILD, _KID, rf"{_near(60)}(?:with no (?:trousers|clothes|pants|knickers)|(?:have|having|had) sex|sex with)\b"),
    # neglect
    _Sign(_CHILD, _THEY, rf"{_near(60)}{_NEGLECTED}"),
    _Sign(_CHILD, _HOME, rf"{_near(60)}{_NEGLECTED}"),
    _Sign(_CHILD, "", r"(?:hasn'?t|not|haven'?t) eaten (?:since|for|in|anything|at home)\b"),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(80)}(?:mum|mam|dad|parents?|nan|carer){_near(15)}(?:drunk|passed out|off (?:her|his|their) (?:head|face)|on drugs|high|using)\b",
    ),
    _Sign(_CHILD, _HOME, rf"{_near(60)}(?:drunk|(?:smell|stink|reek)\w* of (?:drink|alcohol|booze|weed)|unsteady on)\b"),
    _Sign(
        _CHILD,
        r"(?:left|leaves|leaving)",
        rf"{_near(30)}(?:alone|on (?:his|her|their) own|by {_SELF}){_near(20)}(?:at night|overnight|at home|while|with the (?:\w+ )?(?:year old|baby|toddler|little one)|for (?:days|hours)|all)\b",
    ),
    # missing
    _Sign(
        _CHILD,
        r"(?:run(?:ning)? away|ran away|gone missing|missing child|not (?:come|came) home|kicked out|thrown out)",
        rf"{_near(60)}(?:from home|bus|station|park|tonight|alone|on (?:her|his|their) own|nowhere)\b",
    ),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(60)}(?:run away|ran away|running away|run off|ran off|gone missing|went missing|disappeared|(?:did|has|have|had)(?:n'?t| not) (?:come|came|arrived?|got(?:ten)?|get|made it|returned) (?:back )?home|never (?:came|got|made it) home)\b",
    ),
    _Sign(_CHILD, r"(?:can'?t|cannot|unable to|couldn'?t) find", rf"{_near(25)}{_KID}\b{_THEIRS}"),
    _Sign(_CHILD, r"(?:lost|missing)", rf" (?:a|one of the|one of my|one of our|two|our) (?!bab){_KID}\b{_THEIRS}"),
    _Sign(
        _CHILD,
        "",
        r"(?:one|two|three|a child|a kid|a pupil) short (?:at|on|in) the (?:head ?count|count|register|line)|head ?count (?:is|was) (?:wrong|out|short|one|two)",
    ),
    # somebody who is after a child
    _Sign(
        _CHILD,
        rf"(?:{_STRANGER}|boyfriend|adult|person|lad)",
        rf"{_near(50)}(?:meet(?:ing|s)?|met){_near(15)}(?:her|him|them|a child|a pupil|one of)\b",
    ),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(50)}(?:meet(?:ing)?|meet up with|met|go(?:ing)? to (?:see|meet)|talk(?:s|ing|ed)? to|chat(?:s|ting|ted)? (?:to|with)|speak(?:s|ing)? to){_near(30)}(?:(?:man|men|bloke|strangers?\b(?! danger)|older \w+|grown[- ]?ups?|adult){_near(30)}{_ONLINE}|(?:someone|somebody|a person|a friend){_near(20)}(?:off|from|on|through|over|he met|she met|they met) (?:the )?{_ONLINE})\b",
    ),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(50)}(?:going|gone|go|goes|wants|asked|plans|planning|off) to meet{_near(20)}(?:man|bloke|strangers?\b(?! danger)|someone|somebody|older \w+)\b",
    ),
    _Sign(
        _CHILD,
        _STRANGER,
        rf"{_near(60)}(?:messag|talk|chat|contact|dm|approach|follow|offer|ask|want|watch|film|photograph)\w*{_near(40)}(?:{_KID}|her|him){_near(50)}(?:pictures?|photos?|pics?|address|meet\w*|sweets|money|secret|pretend\w*|naked|camera|alone|phone number|gates?|boyfriend|sexy?|where (?:she|he|they) lives?|in (?:his|the|a) (?:car|van))\b",
    ),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(60)}{_STRANGER}{_near(40)}(?:wants?|asks?|asked|asking|knows|sent|sends|sending|offer\w*){_near(25)}(?:address|pictures?|photos?|pics?|where (?:she|he|they) lives?|meet|money|gifts?|keep\w* (?:it )?(?:a )?secret)\b",
    ),
    _Sign(
        _CHILD,
        r"(?:grown[- ]?up|adult|man|men|someone|somebody|strangers?\b(?! danger)|account|person)",
        rf"{_near(60)}pretend\w* (?:to be|(?:he|she|they)(?:'s| is| are|'re)) (?:a )?(?:child|kid|girl|boy|pupil|teen\w*|young\w*|\d+)\b",
    ),
    _Sign(
        _CHILD,
        r"(?:hang|lurk|wait|park|driv)\w*",
        rf" (?:a?round|about|outside|by|near|at){_near(30)}(?:gates?|school|playground|fence){_near(60)}(?:kids|children|girls|boys|sweets|pupils)\b",
    ),
    _Sign(
        _CHILD,
        r"(?:man|men|bloke|guy|stranger)",
        rf"{_near(30)}(?:follow(?:s|ed|ing)|approach\w*|grabb?\w*|touch\w*|gave|giv(?:es|ing)|stalk\w*|star(?:es|ed|ing) at|watch(?:es|ed|ing)|film\w*|photograph\w*|tak(?:es|ing) (?:photos|pictures)){_near(20)}(?:{_KID}|her|him)\b",
    ),
    _Sign(_IMAGE, r"(?:fake|ai|deepfake|app)", rf"{_near(20)}(?:nudes?|naked){_near(40)}(?:{_KID}|class\w*)\b"),
    _Sign(_IMAGE, r"(?:hidden )?camera", rf" in (?:the|our|a){_near(20)}(?:toilets?|showers?|changing rooms?|loos?)\b"),
    _Sign(_CHILD, _STRANGER, rf"{_near(60)}(?:in|into) (?:his|a|the) (?:car|van)\b"),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(30)}(?:boyfriend|girlfriend){_near(15)}(?:is|aged|who'?s|he'?s|she'?s|that'?s){_near(12)}(?:1[89]|[2-9]\d|older|an adult|a grown)\b",
    ),
    _Sign(
        _CHILD,
        "",
        rf"(?:groom(?:ing|ed|er|s)|fgm|female genital mutilation|radicali[sz]\w*|county lines|forced marriage|domestic (?:violence|abuse)|modern slavery|child (?:protection|abuse) (?:concern|disclosure)|at risk of (?:harm|abuse))\b{_AS_A_SUBJECT}",
    ),
    # exploitation and other crimes
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(60)}(?:taken|sent|flown|forc\w*|made|go(?:ing)?|promised){_near(50)}(?:be married|get married|marry|marri\w+ off|married off|arranged marriage)\b",
    ),
    _Sign(_CHILD, "", r"(?:have|having|get|getting) (?:her|them|the girls?) (?:cut|circumcised)\b"),
    _Sign(
        _CHILD,
        _THEY,
        rf"{_near(60)}(?:(?:run|sell|deal|carry|hold|deliver|drop)\w*{_near(15)}(?:drugs|weed|packages|parcels|packets|coke|pills)|running (?:drugs|lines)|in a gang|gang member)\b",
    ),
    _Sign(_CHILD, _KID, rf"{_near(60)}(?:made|forced|paid|money|gifts){_near(25)}sex\w*\b"),
    _Sign(
        _CHILD,
        r"(?:girl|pupil|student|year \d+|yr ?\d+|y\d+|daughter|one of (?:my|our) \w+)",
        rf"{_near(30)}(?:is|are|be|she's|might be|got) pregnant\b",
    ),
    # words that beside a child are a sign by themselves
    _Sign(_CHILD, _THEY, rf"\b[^?]{{0,120}}\b{_GRAVE}"),
    _Sign(_CHILD, _GRAVE, rf"[^?]{{0,120}}\b(?:{_KID}|her|his|him)\b"),
    # a worry that says no more
    _Sign(
        _CHILD,
        r"(?:worried|worry|worrying|concerned|scared|frightened|fear)",
        rf" (?:\w+ )?(?:about|for|that) (?:a|one of (?:my|our|the)|this|that|two of (?:my|our|the)|some) (?:\w+ )?{_KID}\b{_THEIRS}",
    ),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(20)}(?:is|are|may be|might be|could be) (?:\w+ )?(?:at risk|not safe|unsafe|being harmed)\b(?! of (?:exclu|fail|miss|fall|los))",
    ),
    _Sign(_CHILD, _KID, rf"{_near(30)}(?:made|makes|making|started) (?:a |me a |an? \w+ )?disclos\w*\b"),
    _Sign(
        _CHILD,
        _KID,
        rf"{_near(20)}(?:told|tells|disclosed|said|telling){_near(12)}some ?thing (?:\w+ )?(?:awful|terrible|bad|horrible|horrid|worrying|shocking|serious|upsetting|dreadful|about home)\b",
    ),
    _Sign(_CHILD, _KID, rf"{_near(60)}(?:promise|swear){_near(12)}(?:not to tell|to keep (?:it|this)|i won'?t tell|secret)\b"),
    _Sign(
        _CHILD, r"(?:scared|afraid|frightened|terrified|doesn'?t want|does not want|refus\w+)", rf"{_near(20)}go(?:ing)? home\b"
    ),
    # threats and weapons
    _Sign(
        _THREAT,
        r"(?:threat(?:en|ened|ening|ens|s)?|going to|gonna|will|\w+'ll|wants? to|coming (?:in|to|up|down|round))",
        rf"{_near(50)}(?:kill(?! (?:time|two|the time|half|an hour|off))|stab\w*|shoot(?! (?:a|the|some|our) (?:film|video|clip|photo|advert|hoop)\w*)|bomb\b|rape\b|petrol\w*|(?:burn|smash|torch)\w* (?:down |up )?(?:the (?:school|place|house|windows?|kitchen|building|hall|office|car|classroom|reception|doors?|gates?)|me|my|him|his|her|them|us|your)|(?:attack|batter|beat|hurt|knife|punch|slap|kick|deck)\w* (?:me|my|him|his|her|them|us|your|someone|somebody|a teacher|the (?:head|teacher|school)|staff|up)(?! feelings)|set fire)\b",
    ),
    _Sign(
        _THREAT,
        r"threat\w*",
        rf"{_near(50)}(?:kill|stab|shoot|burn|attack|batter|beat|smash|hurt|knife|bomb|rape|petrol|violence|violent)\w*\b",
    ),
    _Sign(
        _THREAT,
        r"threat(?:ened|ening|ens)",
        r" (?:me|him|her|us|them|staff|a teacher|the head\w*|a member of staff|my family|to (?:come|find|hurt|kill))\b(?! (?:with|by|over|about|to) (?:a |an |the |go|report|complain|tell|sue|legal|ofsted|solicitor|court))",
    ),
    _Sign(
        _THREAT,
        r"(?:parents?|dad|mum|father|mother|grandad|someone|somebody|man|he|she)",
        rf"{_near(40)}(?:punched|hit|pushed|poked|slapped|kicked|spat at|grabbed|flew at|squared up to|followed|attacked|headbutted|knows? where|knew where|(?:is|be|'s) waiting for) (?:me|i live\w*)\b(?! (?:up|on (?:facebook|fb|insta\w*|twitter|x|tiktok|snap\w*|social)|back|online|that|because))",
    ),
    _Sign(
        _THREAT,
        r"(?:with|carrying|waving|hiding|pulled(?: out)?|holding|brought(?: in)?|bringing|brandishing|got|has|had|found|have)",
        rf" (?:a |an |his |her )?(?:\w+ )?{_WEAPON}\b(?! (?:and|or) fork| skills| safety)",
    ),
    _Sign(
        _THREAT, _WEAPON, r" in (?:his|her|their|a|the|one|school) ?(?:bag|pocket|locker|rucksack|sock|school|toilets?|coat)?\b"
    ),
    _Sign(_THREAT, r"(?:picture|photo|video) of a (?:gun|knife)", rf"{_near(40)}(?:me|my)\b"),
    _Sign(
        _THREAT,
        "",
        r"death threats?|bomb threat|there(?:'s| is)(?: going to be)? (?:a )?bomb|columbine|watch your back|know where you live|school shooting|shoot(?:ing)? up|intruder\b|masked (?:man|men)\b",
    ),
    _Sign(
        _THREAT,
        r"(?:man|strangers?\b(?! danger)|someone|somebody|bloke)",
        rf" (?:\w+ ){{0,3}}(?:climb|jump|got|broke|get)\w* (?:in|into|over){_near(30)}(?:fence|gate|wall|playground|school|building|grounds)\b",
    ),
)


def _compiled(signs: Iterable[_Sign]) -> Iterator[tuple[Danger, re.Pattern[str]]]:
    """Yield one expression for the signs of a danger that begin alike: who is named is then looked for once, not once a sign."""
    for danger, run in groupby(signs, key=lambda sign: sign.danger):
        by_who: dict[str, list[str]] = {}
        for sign in run:
            by_who.setdefault(sign.who, []).append(sign.what)
        for who, whats in by_who.items():
            yield danger, re.compile(rf"\b{who}(?:{'|'.join(whats)})")


_DANGERS = tuple(_compiled(_SIGNS))

_GREETING = re.compile(
    r"(?:(?:(?:hi+|hiya|hey+|hello+|yo|good (?:morning|afternoon|evening|night)|morning|evening|afternoon)(?: (?:all|there|everyone|everybody|team|folks|bot|policybot|again))?|(?:thanks?(?: (?:you|so much|a lot|a million))?|thank you(?: (?:so|very) much)?|ta|cheers)(?: (?:pal|mate|love|duck|hun|petal|bot|drive|again|all))?|(?:you|u) (?:all ?right|ok(?:ay)?)|(?:you'?re|ur|you are|u r) (?:a|an) (?:star|legend|lifesaver|life saver|gem|angel)|ok(?:ay)?|great|brilliant|lovely|perfect|fab|nice one|got it|cool|"
    r"bye+|goodbye|see you|good ?night|have a (?:nice|good|great|lovely) \w+|you too|yes|no|yep|nope|sure|fine|never ?mind|sorry|wow|lol|haha+|hmm+|test|testing|that'?s (?:really |very |so )?(?:helpful|great|brilliant|useful|kind|all|it)|much appreciated|happy \w+|merry christmas)[\s,.!?]*)+"
)
_ABOUT_THE_BOT = re.compile(
    r"(?:(?:so )?(?:who|what)(?: even| the hell)? (?:are|r) (?:you|u|this)|are you (?:a )?(?:real|human|robot|bot|person|ai|there)\b.*|(?:u|ur|you|you'?re|your|you are)(?: \w+)? (?:useless|rubbish|stupid|dumb|crap|great|amazing|clever|brilliant|thick|hopeless|annoying|pointless|a joke)(?: bot)?|"
    r"(?:can you )?tell me a (?:joke|story)|sing .*|(?:this|that) (?:is )?(?:useless|rubbish|stupid|pointless|crap)|shut up|(?:piss|f\w+) off|how are (?:you|u|things)(?: (?:today|doing))?|what(?:'s| is) (?:your name|up)|do you (?:ever )?(?:sleep|dream|like .*)|i (?:love|hate) you|who made you)[\s,.!?]*"
)


# Words that hardly stand in an ordinary question. Beside a child they are a sign of danger, wherever in the message they stand.
_BESIDE_A_CHILD = (
    (
        Danger.INDECENT_IMAGE,
        re.compile(
            r"\b(?:naked|nudes?|topless|no top on|undress\w*|in (?:her|his|their) (?:underwear|knickers|pants|bra|swimm\w+ (?:things|costume))|no clothes|without (?:any )?clothes|indecent|explicit|child porn\w*|child abuse (?:pic\w*|images?|videos?|photos?|stuff|material)|dick pics?|sext\w*)\b"
            r"|\b(?:film\w*|photo\w*|record\w*|pic(?:ture)?s?)\b.{0,40}\b(?:toilets?|changing (?:room|area)s?|showers?|loos?)\b"
        ),
    ),
    (
        Danger.CHILD_AT_RISK,
        re.compile(
            r"\b(?:bruis\w+|burn marks?|black eye|cigarette burns?|belt marks?|shape of a belt|welts?|smack\w*|slapp?(?:s|ed|ing)?|punch\w*|strangl\w*|chok(?:ed|ing)|beaten|beats? (?:her|him|them|me)|(?:hits?|hurts?|kicks?|bites?|burns?) (?:her|him|them|me)\b"
            r"|hurt(?:ing)? (?:herself|himself|themselves)|cut(?:ting|s)? (?:herself|himself|themselves|her arms?|his arms?)|self[- ]?harm\w*|suicid\w*|overdos\w*|kill (?:herself|himself|themselves|me)|wants? to die|doesn'?t want to (?:be here|live|wake up)|end (?:it all|her life|his life)"
            r"|touch(?:es|ed|ing) (?:her|him|them|me|kids?|child\w*)|abus(?:ed|ing)|molest\w*|rap(?:ed|ing)|groom(?:ed|ing|s)|sexual\w*|traffick\w*|exploit\w*|fgm|cut (?:down there|abroad)|forced to marry|radicalis\w*|county lines|carry(?:ing)? (?:packages|parcels|drugs)|drugs? (?:for|on) (?:the )?train"
            r"|(?:meet(?:ing)?|met) (?:her|him|them|up)\b|wants? to meet (?!me\b)|where (?:she|he|they) lives?|asking (?:her|him|them|our \w+ ?\d*s?|one of \w+) for (?:photos?|pictures?|pics?)|strangers?\b(?! danger)|some bloke|grabb(?:ed|ing)|dragg(?:ed|ing)|snatch\w*|follow(?:ed|ing) (?:her|him|them) home"
            r"|run(?:ning)? away|ran away|gone missing|is missing|can'?t find (?:her|him|them|one)|(?:one|two) short|short on the head ?count|(?:left|been|be) home alone|left (?:alone|on (?:her|his|their) own) (?:all|over)|(?:not|hasn'?t|not been) (?:been )?(?:home|fed|eaten)|starv\w+|stinking of|stank of|reek(?:s|ed|ing) of|drunk|high on|locked (?:in|out)"
            r"|(?:afraid|scared|frightened|terrified) (?:to|of) (?:go|going|her|his|their|mum|dad|home)|keep it (?:a )?secret|our (?:little )?secret|between (?:us|the two of (?:us|them)|them)|knife|blade|machete|gun|weapon|stab\w*)\b"
        ),
    ),
)
_A_CHILD = re.compile(
    r"\b(?:child(?:ren)?|kids?|kiddies|pupils?|students?|boys?|girls?|lads?|lass(?:es|ie)?|bairns?|weans?|toddlers?|bab(?:y|ies)|twins|infants?|little (?:one|'un|un|lad|girl|boy)s?|y(?:ea)?r ?(?:\d+|one|two|three|four|five|six)s?|y\d+s?|one of (?:ours|mine|my \w+|our \w+)|"
    r"reception|nursery|two[- ]year[- ]old|\w+[- ]year[- ]olds?)\b"
)


def read_intent(text: str) -> Intent:
    """Return what kind of thing a message is. Signs of danger come first: better one too many than one missed."""
    plain = " ".join(normalize(text).split())
    for danger, pattern in _DANGERS:
        if pattern.search(plain):
            return Intent(danger=danger)
    if _A_CHILD.search(plain):
        for danger, pattern in _BESIDE_A_CHILD:
            if pattern.search(plain):
                return Intent(danger=danger)
    if _GREETING.fullmatch(plain) or _ABOUT_THE_BOT.fullmatch(plain) or _is_empty_of_words(plain):
        return Intent(smalltalk=True)
    return Intent()


def _is_empty_of_words(plain: str) -> bool:
    """Tell whether a message holds no word: emoji, punctuation, single letters. "What do I do?" is a question."""
    return not re.search(r"[^\W_]{2}", plain)
