"""What a clause's own wording makes of a thing: its stance, whom it binds, the roles it names.

Rules on words, without a model: each can be read here, and a person may correct what comes of them. Where rules pull two
ways the stricter reading wins, since a ban taken for a permission does harm and a permission taken for a ban does not.
"""

import re
from dataclasses import dataclass

from msgspec.structs import replace

from corpus.clause import STRICTNESS, Clause, Party, Role, SecondStance, Stance
from corpus.sentences import sentences


@dataclass(frozen=True, slots=True)
class Wording:
    """What the rules make of a clause; `deciding` are the words of the clause that make its stance."""

    stance: Stance
    deciding: str = ""
    second: SecondStance | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """A stance found in a sentence, with the stretch of the sentence that it governs."""

    stance: Stance
    start: int
    end: int


# When one clause holds several rules, the first of these is its headline: must before may-if before should.
_HEADLINE = (
    Stance.FORBIDDEN,
    Stance.REQUIRED,
    Stance.CONDITIONAL,
    Stance.DISCOURAGED,
    Stance.RECOMMENDED,
    Stance.ALLOWED,
    Stance.INFORMATIONAL,
)

_ADVERB = r"(?:\s+(?:also|always|only|therefore|strongly|strictly|then|all|both|never|ever|now|normally|generally|still|at all times|at any time|immediately|personally|themselves))?"
_PATTERNS: tuple[tuple[Stance, str], ...] = (
    # forbidden
    (
        Stance.FORBIDDEN,
        r"\b(?:(?:must|shall|should|may)\s+)?(?:in|at|on|under)\s+no\s+(?:cases?|times?|account|circumstances?|event|situations?)\b",
    ),
    (Stance.FORBIDDEN, r"\b(?:is|are|be)\s+(?:also\s+)?(?:required|expected|obliged|instructed|told)\s+not\s+to\b"),
    (Stance.FORBIDDEN, r"\b(?:must|shall)\s+be\s+no\b(?!\s+(?:\w+er|more|less)\b)"),
    (Stance.FORBIDDEN, r"\b(?:may|can|must|shall)\s+(?:be\s+)?(?:\w+\s+)?neither\b"),
    (Stance.FORBIDDEN, r"\bit\s+(?:is|would)\s+(?:\w+\s+)?not\s+(?:be\s+)?appropriate\b"),
    (Stance.FORBIDDEN, r"\b(?:is|are)\s+never\s+(?:\w+(?:ed|en)|left|kept|sent|made|done|put|lent|shown)\b"),
    (
        Stance.FORBIDDEN,
        r"(?:^|(?<=[.;:,(]\s)|(?<=\band\s)|(?<=\bbut\s)|(?<=\bthat\s))no\s+[^.;:]{1,80}?\b(?:may|must|shall|can|is\s+to|are\s+to)\b",
    ),
    (Stance.FORBIDDEN, r"\b(?:must|shall)" + _ADVERB + r"\s+(?:\*\*)?(?:not|never)\b"),
    (Stance.FORBIDDEN, r"\b(?:must\s+\*\*not|\*\*must not)\b"),
    (
        Stance.FORBIDDEN,
        r"\b(?:cannot|can\s+not|can\s+never|can't|mustn't|may\s+not|may\s+never|will\s+not|won't|will\s+never|are\s+not\s+to|is\s+not\s+to|must\s+no\s+longer)\b",
    ),
    (Stance.FORBIDDEN, r"\bshould\s+(?:never|under no circumstances|not under any circumstances)\b"),
    (
        Stance.FORBIDDEN,
        r"\b(?:not|never|nor)\s+(?:be\s+)?(?:considered\s+|deemed\s+)?(?:permitted|allowed|acceptable|tolerated|authorised|permissible|appropriate to)\b",
    ),
    (
        Stance.FORBIDDEN,
        r"\b(?:prohibited|forbidden|banned|unacceptable|no circumstances|disallowed|barred from|(?:is|are) (?:also )?an? (?:criminal )?offence|(?:is|are) (?:illegal|unlawful|not lawful)|zero tolerance)\b",
    ),
    (
        Stance.FORBIDDEN,
        r"\b(?:must|shall|should at all times|(?:is|are)\s+(?:(?:required|expected|obliged)\s+)?to|(?:has|have|needs?)\s+to|will)"
        + _ADVERB
        + r"\s+(?:refrain|avoid|desist)\b",
    ),
    (
        Stance.FORBIDDEN,
        r"\bno\s+(?!reason\s+that\b)(?:[\w'’/-]+\s+){1,5}(?:may|should|must|shall|will|can|is to|are to|is permitted|are permitted|is allowed|are allowed)\b",
    ),
    (
        Stance.FORBIDDEN,
        r"\b(?:nothing|nobody|none|no\s?-?one)\b[^.;]{0,80}?\b(?:may|must|can|is\s+to)\b|\b(?:is|are)\s+never\s+to\b|\bneither\b[^.;]{0,60}?\b(?:may|must|can)\b",
    ),
    (Stance.FORBIDDEN, r"\bmust\s+ensure\s+that\s+(?:they|it|he|she)\s+(?:do|does)\s+not\b"),
    # discouraged
    (Stance.DISCOURAGED, r"\b(?:should|ought)" + _ADVERB + r"\s+(?:\*\*)?not\b|\bshouldn't\b"),
    (
        Stance.DISCOURAGED,
        r"\b(?:advised|recommended|asked|encouraged|urged|requested|reminded|invited)\s+(?:not\s+to|to\s+avoid|to\s+refrain|against)\b",
    ),
    (Stance.DISCOURAGED, r"\bshould" + _ADVERB + r"\s+(?:be\s+)?(?:avoid|avoided|refrain)\b"),
    (Stance.DISCOURAGED, r"\bcare\s+should\s+be\s+taken\s+(?:to\s+avoid|not\s+to)\b"),
    (
        Stance.DISCOURAGED,
        r"\b(?:discouraged\s+from|is\s+discouraged|are\s+discouraged|does\s+not\s+support|do\s+not\s+support|not\s+recommended|not\s+advisable|inadvisable|inappropriate)\b",
    ),
    (Stance.DISCOURAGED, r"\bplease\s+(?:do\s+not|don['’]t|never|avoid|refrain)\b"),
    (Stance.DISCOURAGED, r"\b(?:best|better|wise|sensible|advisable)\s+(?:to\s+avoid|not\s+to)\b"),
    (Stance.DISCOURAGED, r"\bshould\s+be\s+no\b(?!\s+(?:\w+er|more|less)\b)"),
    (Stance.DISCOURAGED, r"\band\s+avoid\b"),
    (Stance.DISCOURAGED, r"\b(?:nothing|nobody|none|no\s?-?one|neither)\b[^.;]{0,60}?\bshould\b"),
    # conditional
    (
        Stance.CONDITIONAL,
        r"\b(?:may|can|should|must|will|shall|is|are)\s+(?:[\w/-]+\s+){0,8}?only\b|\bonly\s+(?:be\s+)?(?:used|permitted|allowed|shared|taken|accessed|given|with|if|when|where|after|by)\b",
    ),
    (Stance.CONDITIONAL, r"\b(?:may|can|should|must)\b[^.;]{0,100}?\bonly(?=[.;]|$)"),
    (
        Stance.CONDITIONAL,
        r"(?<!\bthe\s)(?<!\bnot\s)\bonly\s+(?:[\w'’/-]+,?\s+){1,8}?(?:may|can|should|must|is\s+to|are\s+to)\b",
    ),
    (
        Stance.CONDITIONAL,
        r"\b(?:may|can)\b(?!\s+not\b)[^.;]{0,80}?\bwith\s+(?:[\w'’-]+\s+){0,4}?(?:permission|consent|approval|authorisation|agreement)\b",
    ),
    (Stance.CONDITIONAL, r"\b(?:is|are)\s+(?:restricted|confined)\s+to\b"),
    (Stance.CONDITIONAL, r"\bmust\s+(?:first\s+)?be\s+(?:approved|authorised|agreed|sanctioned)\b"),
    (
        Stance.CONDITIONAL,
        r"\b(?:must|should|need to|needs to|will need to)\s+(?:first\s+|always\s+|also\s+)?(?:seek|obtain|gain|have|get|request|ask for)\s+(?:[\w'’]+\s+){0,4}?(?:permission|consent|approval|authorisation|agreement)\b",
    ),
    (
        Stance.CONDITIONAL,
        r"\b(?:permission|consent|approval|authorisation)\s+(?:[\w'’]+\s+){0,6}?must\s+(?:first\s+)?be\s+(?:sought|obtained|granted|given|gained)\b",
    ),
    (Stance.CONDITIONAL, r"\bconsider\s+whether\b"),
    (
        Stance.CONDITIONAL,
        r"\bat\s+the\s+discretion\s+of\b|\bsubject\s+to\s+(?:the\s+)?(?:[\w'’]+\s+){0,4}?(?:permission|consent|approval|authorisation|agreement)\b",
    ),
    # required
    (Stance.REQUIRED, r"\b(?:must|shall)\b(?!\s+not\b)"),
    (
        Stance.REQUIRED,
        r"\b(?:(?:is|are|be)\s+(?:also\s+)?(?:required|obliged|expected(?!\s+of)|bound|mandated|under a duty|responsible\s+for\s+(?:following|ensuring|reporting|reading|making))|(?<!the\s)need\s+to|needs\s+to|have\s+to|has\s+to)\b",
    ),
    (Stance.REQUIRED, r"\b(?:have|has)\s+(?:\w+\s+){0,3}?(?:responsibility|duty|obligation)\s+(?:to|for)\b"),
    (
        Stance.REQUIRED,
        r"\bit\s+is\s+(?:also\s+)?(?:essential|vital|imperative|compulsory|mandatory|a\s+requirement|a\s+condition|(?:the|every\w*)\s+(?:[\w'’]+\s+){0,5}?(?:responsibility|duty))\b|\b(?:is|are)\s+(?:compulsory|mandatory|essential)\b",
    ),
    (Stance.REQUIRED, r"\bshould\s+(?:be\s+)?immediately\b|\bshould\s+be\s+(?:\w+\s+){1,4}immediately\b"),
    (Stance.REQUIRED, r"\b(?:is|are)\s+to\s+(?=[a-z])"),
    (Stance.REQUIRED, r"\bwill\b(?!\s+(?:not|never|be)\b)"),
    (Stance.REQUIRED, r"\bmust\s+ensure\b"),
    # recommended
    (
        Stance.RECOMMENDED,
        r"\b(?:should|ought\s+to)\b(?!\s+(?:not|never)\b)(?!\s+(?:always\s+|also\s+)?(?:be\s+(?:aware|mindful|conscious|reminded)|bear\s+in\s+mind|remember|note|understand\s+that)\b(?!\s+of\s+their))",
    ),
    (
        Stance.RECOMMENDED,
        r"\b(?:is|are)\s+(?:also\s+|strongly\s+|always\s+)?(?:advised|encouraged|recommended|urged|asked|requested|reminded|invited)(?:,?\s+(?:on|in|at|by)\s+\w+,?)?\s+(?:of\s+|to\s+|that\s+)",
    ),
    (
        Stance.RECOMMENDED,
        r"\b(?:it\s+is\s+(?:also\s+)?(?:recommended|advisable|important|helpful|best\s+to|sensible|wise|good\s+practice|best\s+practice))\b|\b(?:best|good)\s+practice\s+(?:is\s+to|that)\b|\bplease\b(?!\s+(?:remember|note|be\s+aware|bear\s+in\s+mind)\b)",
    ),
    # allowed
    (Stance.ALLOWED, r"\b(?:may|can)\b(?!\s+(?:not|never|only)\b)"),
    (
        Stance.ALLOWED,
        r"\b(?:is|are)\s+(?:also\s+)?(?:permitted|allowed|free|entitled|welcome)\s+to\b|\bdoes\s+not\s+discourage\b|\bdo\s+not\s+discourage\b|\b(?:is|are)\s+(?:permitted|allowed|acceptable)\b",
    ),
    (
        Stance.ALLOWED,
        r"\bit\s+is\s+for\s+(?:the\s+)?(?:[\w'’]+\s+){1,8}?to\s+decide\b|\breserves?\s+the\s+right\s+to\b|\bhas\s+the\s+right\s+to\b",
    ),
)
_COMPILED = tuple((stance, re.compile(pattern, re.IGNORECASE)) for stance, pattern in _PATTERNS)

# A ban that one of these lifts is conditional.
_EXCEPTION = re.compile(
    r"\b(?:unless|except(?:\s+(?:in|for|where|when|with|by|that|as))?\b|other\s+than|without\s+(?:the\s+|their\s+|your\s+|a\s+|any\s+|first\s+|seeking\s+|obtaining\s+|having\s+|gaining\s+)*(?:[\w'’-]+\s+){0,4}?(?:permission|consent|approval|authorisation|authority|agreement|knowledge|discussion)"
    r"|until\b|save\s+(?:where|in|for|as)|apart\s+from)\b[^.;]*",
    re.IGNORECASE,
)
# An exception that somebody grants, and that the reader can therefore seek.
_LEAVE = re.compile(
    r"\b(?:permission|permitted|consent|approv\w+|authori[sz]\w+|agree\w*|allowed|instructed|directed|sanctioned|required\s+by|discussed|cleared|requested|invited|with\s+the\s+head\w*|exceptional)\b",
    re.IGNORECASE,
)
# What makes a permission conditional.
_PROVISO = re.compile(
    r"\b(?:only|provided(?:\s+that)?|as\s+long\s+as|on\s+condition|but\s+must|in\s+exceptional|unless|except"
    r"|if(?!\s+(?:they|you|he|she)\s+(?:wish|want|like|choose))"
    r"|with\s+(?:[\w'’-]+\s+){0,4}?(?:permission|consent|approval|authorisation|agreement))\b",
    re.IGNORECASE,
)
# A ban or a permission for one stated case leaves the other open.
_NARROW_IF = re.compile(r"\bif\b[^.;]*\b(?:purely|solely|no\s+other)\b[^.;]*", re.IGNORECASE)
# "If staff are friends with a parent, they must ...": what is supposed is allowed under that condition.
_SUPPOSES = re.compile(
    r"(?P<case>(?:if|where)\s+(?:staff|employees|teachers|you)\s+(?:are|choose|wish|use|have|do)\b[^.;]{10,140}?),\s+(?:they|you|staff)\s+(?:must|should)\b",
    re.IGNORECASE,
)
_CLOSES_EXCEPTIONS = re.compile(
    r"\b(?:under\s+any\s+circumstances?|in\s+any\s+circumstances?|at\s+any\s+time|immediately)\b", re.IGNORECASE
)
_IMPERATIVE_NOT = re.compile(r"(?:\W*)(?:do\s+not|don['’]t|never|not(?!\s+(?:every|all)\b))\b", re.IGNORECASE)
_IMPERATIVE_VERBS = [
    "allow",
    "always",
    "ask",
    "attend",
    "act",
    "agree",
    "arrange",
    "arrive",
    "behave",
    "be",
    "bring",
    "call",
    "challenge",
    "change",
    "check",
    "choose",
    "clear",
    "close",
    "collect",
    "communicate",
    "complete",
    "consider",
    "contact",
    "continue",
    "delete",
    "discuss",
    "do",
    "dress",
    "encourage",
    "ensure",
    "explain",
    "follow",
    "get",
    "give",
    "go",
    "hand",
    "inform",
    "keep",
    "leave",
    "let",
    "limit",
    "listen",
    "lock",
    "log",
    "look",
    "maintain",
    "make",
    "meet",
    "never",
    "note",
    "notify",
    "obtain",
    "offer",
    "only",
    "park",
    "pass",
    "phone",
    "please",
    "protect",
    "provide",
    "put",
    "read",
    "reassure",
    "record",
    "refer",
    "remain",
    "remember",
    "remove",
    "report",
    "respect",
    "respond",
    "return",
    "review",
    "ring",
    "save",
    "seek",
    "send",
    "set",
    "sign",
    "speak",
    "stay",
    "stop",
    "store",
    "submit",
    "supervise",
    r"support(?!\s+staff)",
    "switch",
    "take",
    "talk",
    "telephone",
    "tell",
    "think",
    "treat",
    "try",
    "turn",
    "use",
    "wait",
    "warn",
    "wear",
    "work",
    "write",
]
_IMPERATIVE = re.compile(
    r"\W*(?:to\s+)?(?:"
    + "|".join(_IMPERATIVE_VERBS)
    + r"|are\s+aware|make\s+sure)\b(?!\s+(?:of|is|are|was|will|must|should|may|can)\b)",
    re.IGNORECASE,
)
# "If the worry is about the DSL, go to the manager."
_CONDITION_THEN = re.compile(
    r"\W*(?:if|where|when|whenever|should|once|before|after|in (?:the event|an emergency|case|all cases))\b[^,.;]*,\s*(?:then\s+)?|[^.;]*,\s+so\s+(?=think\b|please\b|take\b|make\b|keep\b)",
    re.IGNORECASE,
)
_OCCASION = re.compile(
    r"\W*(?:if|when|whenever|where|once|before|after|during|in\s+(?:the\s+event|an\s+emergency|case))\b", re.IGNORECASE
)
_DO_NOT = re.compile(r"\W*(?:do\s+not|don['’]t|never)\b", re.IGNORECASE)
_AVOID = re.compile(r"\W*avoid\b", re.IGNORECASE)
_ADVISORY = re.compile(
    r"\b(?:(?:general|friendly|practical)\s+advice|as\s+advice|not\s+as\s+(?:a\s+)?(?:set\s+of\s+)?instructions|for\s+guidance\s+only|tips|suggestions|good\s+practice\s+(?:is|includes|points))\b",
    re.IGNORECASE,
)
# Modals that tell a fact: what may happen, what the school does, what a policy is.
_EPISTEMIC = re.compile(
    r"(?:may|can|could|might|will)\s+(?:also\s+|therefore\s+|well\s+|sometimes\s+|often\s+|itself\s+|in itself\s+|still\s+)*(?:be\b(?!\s+(?:raised|sought|submitted|brought|requested|used|taken|shared|worn|kept|carried|made|given|accessed|posted|published|reported|expected|required\s+to\s+read))|result|lead|have|put|bring|affect|arise|need|happen|include|occur|cause|become|make|damage|feel|"
    r"not\s+be\s+(?:illegal|aware|possible|clear|able|appropriate|suitable)|amend|exercise|impact|harm|apply|access|constitute|contain|appear|seem|indicate|mean|provide|help|vary|differ|want|wish|know|see|receive|benefit|begin|find|jeopardise|scour|hijack|involve|come|change|come|look|take\s+seriously|"
    r"face|lose|suffer|pose|create|raise|fall|stem|cover|avoid|allow|enable|ensure|underpin|supplement|form)\b|cannot\s+(?:cover|guarantee|accept\s+(?:any\s+)?(?:responsibility|liability)|be\s+(?:ruled|assumed|sure|avoided|helped))|may\s+not\s+(?:be\s+(?:illegal|aware|possible)|realise|know|have|always|want|feel)|will\s+not\s+(?:be\s+(?:able|possible)|always|have|attempt)",
    re.IGNORECASE,
)
# A permission without a person: "phones may be used in the staff room".
_MAY_BE_DONE = re.compile(
    r"(?:may|can)\s+(?:also\s+|still\s+|normally\s+|sometimes\s+)?be\s+(?:raised|sought|submitted|brought|requested|used|taken|accepted|shared|worn|kept|carried|made|given|accessed|posted|published|reported|displayed|sent|left|recorded|lent|eaten|parked)\b",
    re.IGNORECASE,
)
# What happens to a person, rather than what they may do.
_STATE = re.compile(
    r"(?:may|can|will)\s+(?:also\s+|well\s+)?(?:be\b|feel|find|face|have|need|want|wish|not\s+(?:realise|feel|be\b|know|want)|access\s+your|lose|become|experience|suffer|put\s+themselves)",
    re.IGNORECASE,
)
_PERSON_SUBJECT = re.compile(
    r"\b(?:staff|employees?|teachers?|you|members?|parents?|carers?|pupils?|students?|visitors?|volunteers?|anyone|everyone|practitioners?|governors?|workers?|child|children)\s*$",
    re.IGNORECASE,
)
# "pupils in Year 6 may", "staff on duty can": a person at the head of a longer subject.
_PERSON_IN = re.compile(
    r"(?:^|[.;]\s+)(?:(?:all|any|most|some|the|other)\s+)?(?:\w+\s+)?(?:staff|employees|teachers|parents|carers|pupils|students|visitors|volunteers|children)"
    r"\s+(?:in|on|of|at|from|with|without|who)\b[^,.;]{1,60}$",
    re.IGNORECASE,
)
_AIM = re.compile(r"\b(?:purpose|aim|objective|intention|goal|role)s?\b[^.]*$", re.IGNORECASE)
_MODAL = (Stance.RECOMMENDED, Stance.REQUIRED, Stance.ALLOWED)
_NEGATED = re.compile(r"\b(?:nor|neither|no\s+(?:cases?|times?|account|circumstances?|event|situations?))\s*$", re.IGNORECASE)
# "so far as they can", "where they can": what somebody is able to do.
_ABLE = re.compile(r"\b(?:as|if|where|when|that|what)\s+(?:they|you|he|she)\s*$", re.IGNORECASE)
# What a person will do is a duty, where the same words of a thing tell what comes of it: "this will avoid ...".
_PERSON_WILL = re.compile(
    r"will\s+(?:also\s+|always\s+)?(?:make|ensure|avoid|refrain|desist|provide|apply|look|come|change|raise|cover)\b",
    re.IGNORECASE,
)
# "staff at the school": people, although a school stands right before the rule.
_PEOPLE_OF_SCHOOL = re.compile(
    r"\b(?:staff|employees?|teachers?|adults?|pupils?|students?|children|parents?|carers?|visitors?|volunteers?|anyone|everyone"
    r"|members?|people)\b[^.,;]*?\b(?:at|of|in|from|by|for)\s+(?:[\w'’.-]+\s+){0,4}?[\w'’.-]+\s*$",
    re.IGNORECASE,
)
# "must be kept in a locker and not be used": the ban that a duty goes on to.
_AND_NOT = re.compile(
    r"\band\s+(?P<ban>(?:do\s+not|don['’]t|never|not)\s+)(?!only\b|just\b|necessarily\b|least\b|to\b)(?=[a-z])", re.IGNORECASE
)
_SCHOOL_SUBJECT = re.compile(
    r"(?:^|[.;,]\s*|\band\s+|\bthat\s+|\bwhile\s+)(?:the|our|each|this|any|all|every)?\s*(?:[\w'’.-]+\s+){0,5}?(?:school|academy|trust|nursery|college|governing\s+body(?:\s+and\s+\w+)?|governing\s+board|governors|board(?:\s+of\s+\w+)?|headteacher(?:/governing\s+body)?|head\s+teacher|principal|local\s+authority|policy|procedures?|document|we|setting|employers?)\s*(?:\([^)]*\)\s*)?$",
    re.IGNORECASE,
)
_POLICY_SUBJECT = re.compile(
    r"\b(?:policy|document|guidance|procedure|breach(?:es)?|failure|incidents?|action|training|copy|copies|complaints?|allegations?|concerns?|reports?|records?|this|which|that|information|images?)\s*$",
    re.IGNORECASE,
)

_PARTY_WORDS: tuple[tuple[Party, str], ...] = (
    (
        Party.STAFF,
        r"\b(?:staff|employees?|teachers?|adults?|teaching\s+assistants?|practitioners?|users?|everyone|everybody|anyone\s+working|members?\s+of\s+the\s+school\s+community|individuals?|workers?|colleagues|you|personnel|workforce|(?:senior|visit|group|trip|team|subject|phase)\s+leaders?|line\s+managers?)\b",
    ),
    (
        Party.PUPILS,
        r"\b(?:pupils?|students?|child(?!\s+protection\b)|children|young\s+(?:people|person)|learners?)\b(?![-\s]initiated)|\beveryone\b|\bmembers?\s+of\s+the\s+school\s+community\b",
    ),
    (
        Party.PARENTS,
        r"\b(?:parents?|carers?|famil(?:y|ies)|guardians?)\b(?!\s+helpers?)|\beveryone\b|\bmembers?\s+of\s+the\s+school\s+community\b",
    ),
    (Party.GOVERNORS, r"\b(?:governors|directors|trustees)\b"),
    (Party.VOLUNTEERS, r"\bvolunteers?\b"),
    (Party.VISITORS, r"\bvisitors?\b"),
    (Party.CONTRACTORS, r"\b(?:contractors?|providers?)\b"),
)
_PARTIES = tuple((party, re.compile(pattern, re.IGNORECASE)) for party, pattern in _PARTY_WORDS)
_POSSESSIVE_OR_OBJECT = re.compile(
    r"\b(?:(?<!\bmember\s)(?<!\bmembers\s)of|for|to|with|from|by|about|between|against|safeguard(?:ing)?|protect(?:ing)?|on|at|in)\s+(?:[\w'’/-]+\s+){0,4}(?:\w+/)?$",
    re.IGNORECASE,
)
# "papers that name pupils", "staff who text parents": those of whom the relative clause tells.
_IN_RELATIVE = re.compile(r"\b(?:who|whom|that|which)\s+(?:(?!and\b|or\b)[\w'’/-]+\s+){1,8}$", re.IGNORECASE)
_RIGHT_AFTER_PREPOSITION = re.compile(
    r"\b(?:of|for|to|with|from|by|about|between|against|on|at|in)\s+(?:(?:a|an|the|any|all|their|our|each)\s+)?$", re.IGNORECASE
)
_IF_CLAUSE = re.compile(r"\s*(?:if|when|whenever|where)\b[^,]*,\s*(?P<main>.*)$", re.IGNORECASE | re.DOTALL)
_NO_SUBJECT = re.compile(r"\s*no\s+(?P<subject>.+?)\s+(?:may|must|shall|can|should|will|is|are)\b", re.IGNORECASE)

_DEFINES = re.compile(
    r"\b(?:defines?|definition|(?:this|the) (?:policy|handbook|code|document) (?:applies|covers|deals|relates|sets)|[\"”’]\s+means|the word|requirements apply|for the purposes? of|the term|scope)\b",
    re.IGNORECASE,
)

_ROLE_WORDS: tuple[tuple[Role, str], ...] = (
    (
        Role.HEADTEACHER,
        r"\bhead\s?-?teachers?\b|\bprincipal\b|\bthe\s+head\b|\bhead\s+of\s+(?:school|centre|setting)\b|\bnursery\s+manager\b",
    ),
    (
        Role.DSL,
        r"\bDSLs?\b|\bDDSLs?\b|\bdesignated\s+(?:\w+\s+){0,4}?(?:lead|officer|person|teacher|colleague)\b|\bchild\s+protection\s+(?:officer|coordinator|co-ordinator|lead)\b|\bsafeguarding\s+lead\b",
    ),
    (
        Role.GOVERNORS,
        r"\bgoverning\s+(?:body|board)\b|\b(?:board|chair)\s+of\s+(?:governors|trustees|directors|management)\b|\bthe\s+governors\b|\bsafeguarding\s+governor\b|\btrust\s+board\b|\bmanagement\s+committee\b",
    ),
    (Role.LINE_MANAGER, r"\bline\s+managers?\b|\b(?:their|your|room)\s+(?:manager|supervisor|leader)\b"),
    (
        Role.SLT,
        r"\bSLT\b|\b(?:senior\s+)?leadership\s+team\b|\bsenior\s+(?:leaders?|managers?|management(?:\s+team)?|members?\s+of\s+staff)\b|\bdeputy\s+head\w*\b",
    ),
    (Role.POLICE, r"\bpolice\b"),
    (
        Role.LOCAL_AUTHORITY,
        r"\blocal\s+authority\b|\bLADO\b|\bcouncil\b|\bchildren['’]s\s+(?:social\s+care|services)\b|\bsocial\s+(?:care|services)\b|(?-i:\b(?!The\b)[A-Z]\w+\s+(?:Council\s+)?Safeguarding\b(?!\s+[A-Z]))|\bMASH\b",
    ),
)
_ROLES = tuple((role, re.compile(pattern, re.IGNORECASE)) for role, pattern in _ROLE_WORDS)
# Mentions of an office that is neither acting nor told nor asked: whose interests or good name are at stake.
_ONLY_AT_STAKE = re.compile(
    r"\b(?:(?:reputation|interests?|privacy|confidentiality|good\s+name|information)\s+of|confidential\s+to|disrepute)\b[^.;]*$"
    r"|\bincluding\s+parent\s+helpers\b[^.;]{0,60}$"
    r"|\b(?:about|against)\s+(?:(?:the|a|an|our|your|their)\s+)?(?:[\w'’-]+\s+(?:or|and)\s+(?:the\s+)?)?$",
    re.IGNORECASE,
)
_INTO_DISREPUTE = re.compile(r"[^.;]*\binto\s+disrepute\b", re.IGNORECASE)


def read_stance(words: str, lead_in: str | None = None) -> Wording:
    """Return the stance of a clause from its words and those of its lead-in; INFORMATIONAL where it rules on nothing."""
    advisory = bool(lead_in and _ADVISORY.search(lead_in))
    rules = _rules(words)
    lead = _lead_stance(lead_in) if lead_in else None
    whole_sentence = any(_has_subject(words, rule) for rule in rules)
    if lead is None or lead is Stance.INFORMATIONAL or advisory or whole_sentence:
        # Under words that only inform, an order is an order still where they give its occasion, and a ban always.
        occasion = _OCCASION.match(_last_sentence(lead_in or ""))
        orders = advisory or lead is not Stance.INFORMATIONAL or bool(occasion or _DO_NOT.match(words))
        wording = _from_rules(words, rules if whole_sentence or not lead_in else [], imperative=orders)
    else:
        wording = _from_lead(words, lead)
    return _with_case(_soften(wording) if advisory else wording, words)


def derived(clause: Clause, lead_in: str | None, heading: str) -> Clause:
    """Return the clause with all that its words make of it, under the words of its lead-in and under a heading's title.

    What a person had confirmed or corrected is dropped: it was said of other words.
    """
    wording = read_stance(clause.words, lead_in)
    return replace(
        clause,
        stance=wording.stance,
        deciding=wording.deciding,
        second=wording.second,
        binds=read_binding(clause.words, lead_in, (heading,), wording.deciding),
        roles=read_roles(clause.words),
        confirmed=False,
        correction=None,
    )


def is_ruling(sentence: str) -> bool:
    """Tell whether a sentence has a rule of its own, rather than a fact."""
    return read_stance(sentence).stance is not Stance.INFORMATIONAL


def read_binding(words: str, lead_in: str | None, headings: tuple[str, ...], deciding: str) -> tuple[Party, ...]:
    """Return whom a clause binds: the parties before its rule, else its lead-in's, else its sub-heading's, else staff."""
    if _DEFINES.search(words[:90]) or (lead_in and _DEFINES.search(lead_in)):
        return (Party.STAFF,)
    at = words.find(deciding) if deciding else -1
    found = _subject_parties(_subject(words, at, has_lead_in=bool(lead_in)))
    if not found and lead_in:
        found = _subject_parties(_main_clause(re.split(r"[.;]\s", lead_in)[-1]))
    if not found and headings:
        found = _parties(headings[-1])
    if not found:
        found = (
            tuple(party for party in _parties(words) if party in (Party.PUPILS, Party.PARENTS))
            if re.match(r"(?:the school|we|the academy)\b", words, re.IGNORECASE) and "staff" not in words.lower()
            else ()
        )
    return found or (Party.STAFF,)


def _subject(words: str, at: int, *, has_lead_in: bool) -> str:
    """Return the words that hold the subject of the rule at `at`, which is -1 where a clause has no rule."""
    if at < 0:
        return "" if has_lead_in else re.split(r"[.;]\s", words[:80])[-1]
    if none := _NO_SUBJECT.match(words[at:]):
        return "" if _POSSESSIVE_OR_OBJECT.search(none["subject"] + " ") else none["subject"]
    subject = re.split(r"[.;]\s", words[:at])[-1]
    return "" if _IMPERATIVE.match(subject) else _main_clause(subject)


def _main_clause(subject: str) -> str:
    # "If a pupil writes, staff must ...": the rule is for staff. "They" and the school point back at whom the case names.
    case = _IF_CLAUSE.match(subject)
    if case and not re.match(r"(?:they|he|she)\b", case["main"], re.IGNORECASE) and not _school_acts(case["main"]):
        return case["main"]
    return subject


def read_roles(words: str) -> tuple[Role, ...]:
    """Return the roles that a clause names as acting, told or asked, in the order of `Role`."""
    ruling = [words[start:end] for start, end in sentences(words) if not _DEFINES.search(words[start : min(end, start + 90)])]
    return tuple(role for role, pattern in _ROLES if any(_is_named(sentence, pattern) for sentence in ruling))


def _is_named(sentence: str, pattern: re.Pattern[str]) -> bool:
    return any(
        not _ONLY_AT_STAKE.search(sentence[: match.start()]) and not _INTO_DISREPUTE.match(sentence[match.end() :])
        for match in pattern.finditer(sentence)
    )


def _rules(words: str) -> list[_Rule]:
    """Return the rules of a text, each with the stretch up to the next, in order; facts are left out."""
    taken: list[tuple[int, int, Stance]] = []
    for stance, pattern in _COMPILED:
        for match in pattern.finditer(words):
            if any(start < match.end() and match.start() < end for start, end, _ in taken):
                continue
            if not _tells_a_fact(words, match, stance):
                taken.append((match.start(), match.end(), stance))
    taken.sort()
    for match in _AND_NOT.finditer(words):
        governing = [stance for start, _, stance in taken if start < match.start()]
        if governing and governing[-1] in _BAN_AFTER:
            taken.append((match.start(), match.end(), _BAN_AFTER[governing[-1]]))
    taken.sort()
    rules = []
    for index, (start, _, stance) in enumerate(taken):
        end = taken[index + 1][0] if index + 1 < len(taken) else len(words)
        rules.append(_Rule(_with_exception(stance, words[start:end]), start, end))
    return rules


def _tells_a_fact(words: str, match: re.Match[str], stance: Stance) -> bool:
    before, rest = words[: match.start()], words[match.start() :]
    if stance in _MODAL and _NEGATED.search(before):
        return True  # "nor should ...": the ban before it goes on
    if stance is Stance.DISCOURAGED and match[0].lower() == "and avoid":
        return not re.search(r"\b(?:should|must)\b", before)
    if stance is Stance.FORBIDDEN and re.search(r"(?:avoid|refrain|desist)$", match[0], re.IGNORECASE):
        if match[0].lower().startswith("will"):
            return not _PERSON_SUBJECT.search(before)
        return bool(re.match(r"(?:is|are)\s+to\b", match[0], re.IGNORECASE) and _AIM.search(before))
    if stance is Stance.ALLOWED and _ABLE.search(before):
        return True
    if stance is Stance.ALLOWED and re.match(r"(?:while|whilst|although)\b[^,]*$", before, re.IGNORECASE):
        return True  # "While the school does not discourage ..., staff ...": granted beside the rule
    if stance in (Stance.ALLOWED, Stance.REQUIRED) and (
        re.search(r"\b(?:who|which|that|what)\s*$", before) or before.count("(") > before.count(")")
    ):
        return True
    if stance is Stance.FORBIDDEN and re.match(r"will not|won't|may not|cannot", match[0], re.IGNORECASE):
        return bool(_EPISTEMIC.match(rest) or (_school_acts(before) and match[0].lower().startswith(("will", "won"))))
    if stance is Stance.FORBIDDEN and re.match(r"illegal|unlawful|banned", match[0], re.IGNORECASE):
        return not re.search(r"\b(?:is|are)\s*$", before)
    if stance is Stance.DISCOURAGED and match[0].lower() == "inappropriate":
        # "inappropriate use may lead to" describes; "is inappropriate" judges.
        return not re.search(r"\b(?:is|are|be|considered|deemed)\s+(?:\w+\s+)?$", before) or bool(
            re.search(r"\b(?:could|may|might)\s+be\s+(?:\w+\s+)?$", before)
        )
    if stance is Stance.ALLOWED:
        if match[0].lower().startswith(("reserve", "has the right")):
            return not re.search(r"\b(?:parents?|carers?|pupils?|visitors?)\b", words, re.IGNORECASE) or bool(
                re.search(r"\bstaff\b", words, re.IGNORECASE)
            )
        if match[0].lower() in ("may", "can"):
            if _PERSON_SUBJECT.search(before) or _PERSON_IN.search(before):
                return bool(_STATE.match(rest))
            if re.search(r"\bthey\s*$", before, re.IGNORECASE):
                return bool(_STATE.match(rest) or _EPISTEMIC.match(rest))
            return not _MAY_BE_DONE.match(rest) or bool(
                _school_acts(before) or (_POLICY_SUBJECT.search(before) and "taken" in rest[:20])
            )
    if stance is Stance.REQUIRED and match[0].lower() == "will":
        subject = re.split(r"[.;]\s", before)[-1]
        if re.search(r"(?-i:\bI)\s*$", subject):
            return False
        tells = _EPISTEMIC.match(rest) and not (_PERSON_SUBJECT.search(before) and _PERSON_WILL.match(rest))
        return bool(tells or _school_acts(before) or _POLICY_SUBJECT.search(before) or not _parties(subject))
    if stance is Stance.REQUIRED and re.match(r"(?:needs?|have|has)\s+to\b", match[0], re.IGNORECASE):
        return bool(re.search(r"\bnot\s*$", before, re.IGNORECASE))
    if stance is Stance.REQUIRED and re.match(r"(?:is|are)\s+to\s", match[0], re.IGNORECASE):
        return bool(_AIM.search(before))
    if stance is Stance.REQUIRED and re.search(r"responsib", match[0], re.IGNORECASE):
        return _school_acts(before) or bool(re.search(r"\bhas\s+overall\b|governing|governors|board", before, re.IGNORECASE))
    if stance is Stance.REQUIRED and re.search(r"required", match[0], re.IGNORECASE):
        return bool(re.search(r"\b(?:may|might|could|not|as|if|where|when)\s*$", before, re.IGNORECASE))
    return False


def _school_acts(before: str) -> bool:
    """Tell whether the school, its policy or its leaders are the subject, rather than people of the school."""
    return bool(_SCHOOL_SUBJECT.search(before)) and not _PEOPLE_OF_SCHOOL.search(before)


def _with_exception(stance: Stance, stretch: str) -> Stance:
    exception = _EXCEPTION.search(stretch)
    if stance in (Stance.FORBIDDEN, Stance.DISCOURAGED) and exception and not _is_case(exception[0]):
        return Stance.CONDITIONAL
    if stance is Stance.DISCOURAGED and _CLOSES_EXCEPTIONS.search(stretch):
        return Stance.FORBIDDEN
    if stance is Stance.ALLOWED and _PROVISO.search(stretch):
        return Stance.CONDITIONAL
    return stance


def _is_case(exception: str) -> bool:
    """Tell whether an exception is a case that is so or is not ("unless the pupil is a relative"), not a leave to be asked for."""
    return exception.lower().startswith(("unless", "except", "other than", "save", "apart")) and not _LEAVE.search(exception)


def _with_case(wording: Wording, words: str) -> Wording:
    """Return the wording of a ban with the case that it excepts as its second stance: unless it is so, the ban stands."""
    exception = _EXCEPTION.search(words)
    if wording.second or wording.stance not in _BANS or not exception or not _is_case(exception[0]):
        return wording
    return Wording(wording.stance, wording.deciding, SecondStance(Stance.CONDITIONAL, exception[0].rstrip(" .,;)")))


def _has_subject(words: str, rule: _Rule) -> bool:
    """Tell whether a rule stands in a sentence of its own, with a subject before it, not in a bare list item."""
    head = words[: rule.start].strip()
    if rule.start == 0 or not head:
        return True
    first = head.split()[0]
    return not _IMPERATIVE.match(words) and not first[0].islower()


def _last_sentence(lead_in: str) -> str:
    return re.split(r"(?<=[.;])\s+(?=[A-Z])", lead_in)[-1]


def _lead_stance(lead_in: str) -> Stance:
    last = _last_sentence(lead_in)
    rules = _rules(last)
    if re.search(r"\b(?:do\s+not|don['’]t|never)\W*$", last, re.IGNORECASE) and not (rules and rules[-1].stance in STRICTNESS):
        # The items complete the ban, whatever duty the lead-in above it names.
        return Stance.DISCOURAGED if rules and rules[-1].stance is Stance.RECOMMENDED else Stance.FORBIDDEN
    if rules:
        # The last modal before the colon is the one that the items complete.
        closing = rules[-1].stance
        if closing is Stance.ALLOWED and re.search(r"\b(?:include|be)\b", last[rules[-1].start :]):
            return Stance.INFORMATIONAL
        return closing
    if re.fullmatch(r"\W*(?:do|always)\W*", last, re.IGNORECASE):
        return Stance.REQUIRED
    return Stance.INFORMATIONAL


_BANS = (Stance.FORBIDDEN, Stance.DISCOURAGED)
_BAN_AFTER = {Stance.REQUIRED: Stance.FORBIDDEN, Stance.RECOMMENDED: Stance.DISCOURAGED}


def _from_lead(words: str, lead: Stance) -> Wording:
    deciding = _clip(words, 0)
    if lead in _BAN_AFTER and (_IMPERATIVE_NOT.match(words) or _AVOID.match(words)):
        return Wording(_with_exception(_BAN_AFTER[lead], words), deciding)
    return _with_ban_after(words, Wording(_with_exception(lead, words), deciding))


def _with_ban_after(words: str, wording: Wording) -> Wording:
    """Return the wording of a duty, or of the ban that it goes on to ("log out and do not ..."), the duty then second."""
    ban = _AND_NOT.search(words)
    if ban is None or wording.stance not in _BAN_AFTER:
        return wording
    duty = SecondStance(wording.stance, _clip(words[: ban.start()], 0))
    return Wording(_with_exception(_BAN_AFTER[wording.stance], words[ban.start() :]), _clip(words, ban.start("ban")), duty)


def _from_rules(words: str, rules: list[_Rule], *, imperative: bool) -> Wording:
    if not rules:
        return (_from_orders(words) if imperative else None) or Wording(Stance.INFORMATIONAL)
    best = min(rules, key=lambda rule: (_HEADLINE.index(rule.stance), rule.start))
    # A permission beside its own condition adds nothing to it.
    subsumed = Stance.ALLOWED if best.stance is Stance.CONDITIONAL else None
    others = [rule for rule in rules if rule.stance not in (best.stance, subsumed)]
    second = None
    if others:
        other = min(others, key=lambda rule: (_HEADLINE.index(rule.stance), rule.start))
        second = SecondStance(other.stance, _phrase(words, other))
    elif best.stance in (Stance.FORBIDDEN, Stance.REQUIRED) and (supposed := _SUPPOSES.match(words)):
        second = SecondStance(Stance.CONDITIONAL, supposed["case"])
    elif best.stance is Stance.FORBIDDEN and (narrow := _NARROW_IF.search(words[best.start : best.end])):
        second = SecondStance(Stance.CONDITIONAL, narrow[0].rstrip(" .,;"))
    return Wording(best.stance, _clip_rule(words, best), second)


def _from_orders(words: str) -> Wording | None:
    """Return what the first imperative sentence makes of a clause ("Do not ...", "If in doubt, ask ..."), or None."""
    for start, end in sentences(words):
        order = words[start:end]
        if condition := _CONDITION_THEN.match(order):
            order = order[condition.end() :]
        if _IMPERATIVE_NOT.match(order) and len(order.split()) > 2:
            return Wording(_with_exception(Stance.FORBIDDEN, order), _clip(order, 0))
        if _IMPERATIVE.match(order):
            return _with_ban_after(order, Wording(Stance.REQUIRED, _clip(order, 0)))
    return None


def _phrase(words: str, rule: _Rule) -> str:
    stretch = words[rule.start : rule.end]
    exception = _EXCEPTION.search(stretch)
    if rule.stance is Stance.CONDITIONAL and exception and exception.end() < len(stretch):
        return stretch[: exception.end()].rstrip(" .,;)")
    return _clip_rule(words, rule)


def _clip_rule(words: str, rule: _Rule) -> str:
    """Return the words of a rule, without those that only lead over to the next."""
    clipped = _clip(words[: rule.end], rule.start)
    goes_on = rule.end < len(words) and words[rule.start : rule.end].rstrip(" ,").endswith(clipped)
    return _LEADS_OVER.sub("", clipped) if goes_on else clipped


def _clip(words: str, start: int) -> str:
    """Return the words from `start` to where the thought ends: the next stop, and at most some forty words."""
    stretch = words[start:]
    stop = re.search(r"[.;:](?:\s|$)", stretch)
    if stop and stop.start() > 0:
        stretch = stretch[: stop.start()]
    for comma in re.finditer(r",\s", stretch):
        if len(stretch[: comma.start()].split()) >= 40:
            stretch = stretch[: comma.start()]
            break
    return stretch.strip(" ,")


_LEADS_OVER = re.compile(r"(?:[,\s]+(?:and|or|but|which|who|that|then|they|staff|employees|parents|pupils))+$", re.IGNORECASE)


_SOFTER = {Stance.FORBIDDEN: Stance.DISCOURAGED, Stance.REQUIRED: Stance.RECOMMENDED}


def _soften(wording: Wording) -> Wording:
    return Wording(_SOFTER.get(wording.stance, wording.stance), wording.deciding, wording.second)


def _parties(text: str) -> tuple[Party, ...]:
    return tuple(party for party, pattern in _PARTIES if pattern.search(text))


def _subject_parties(subject: str) -> tuple[Party, ...]:
    """Return the parties that are the subject, not those whom it is about ("the privacy of pupils")."""
    found = tuple(
        party for party, pattern in _PARTIES if any(_is_subject(subject[: match.start()]) for match in pattern.finditer(subject))
    )
    if found:
        return found
    # Right before the rule stands its subject, whatever went before: "to reduce bullying, children are not allowed".
    last = re.sub(r"\s+(?:is|are|be)$", "", subject.rstrip())
    return tuple(
        party
        for party, pattern in _PARTIES
        if any(match.end() == len(last) and _may_be_subject(last[: match.start()]) for match in pattern.finditer(last))
    )


def _may_be_subject(before: str) -> bool:
    return not _IN_RELATIVE.search(before) and not _RIGHT_AFTER_PREPOSITION.search(before)


def _is_subject(before: str) -> bool:
    return not _POSSESSIVE_OR_OBJECT.search(before) and not _IN_RELATIVE.search(before)
