"""Whether a question is one to answer privately, and whether nothing of it may be kept: what it tells of the asker or of somebody else.

Patterns over the words as they were typed and as they were meant; where those see nothing, the matter that the question is read
as. A miss harms somebody's privacy, a false alarm costs a count: in doubt a question is sensitive. docs/privacy.md says how good
they are.
"""

import re
from enum import StrEnum

from retrieval.analyzer import normalize
from retrieval.concerns import LIKENESS, Complaint, complaint_of, concerned
from retrieval.happened import has_happened
from retrieval.reading import Reading


class Sensitivity(StrEnum):
    """What makes a question sensitive; the first of them that a question shows is its kind."""

    UNION = "union"
    PREGNANCY = "pregnancy"
    HEALTH = "health"
    PAY = "pay"
    GRIEVANCE = "grievance"
    OWN_CONDUCT = "own_conduct"
    COLLEAGUE = "colleague"
    CHILD = "child"


# Of these kinds a question is answered, and neither stored nor counted. Of all kinds it is answered privately.
NEVER_STORED = frozenset(Sensitivity) - {Sensitivity.CHILD}

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*"
_PUPIL = r"(?:pupils?|students?|child(?:ren)?|kids?|lads?|lass(?:es|ie)?|boys?|girls?|bairns?|tots?|little (?:ones?|'?uns?)|(?:y|yr|year) ?\d+s?|class|form|reception|toddlers?|teenagers?|sixth[- ]?formers?)"
# Up to so many words between two that belong together, none of which turns to a pupil.
_NEAR = rf"(?:(?!{_PUPIL}\b)[^\s.?!]+ ){{0,4}}?"

# What looks like one of the kinds and is none, struck out before the words are looked at.
_HARMLESS = re.compile(
    r"\b(?:"
    r"union jacks?|(?:credit|students?'?|rugby|european|soviet) union|rugby union|state of the union|nut(?:s|[- ]free| allerg\w+)"
    r"|strik\w+ (?:the|a|an|up|out|off|through) (?!\w+ (?:day|vote))|(?:pupils?|climate|children|kids)\w* strik\w+|strik\w+ (?:\w+ ){0,2}climate|(?:lightning|clock|bowling) strik\w+"
    r"|ballot papers? for (?:the )?school|(?:class|pta|council|sports|eco|sales|publisher'?s?|company|catering|form|year|pupil|student|parent) reps?|reps? (?:for|from|of) (?:the |a )?(?:pta|class|company|publisher\w*|\w+ company)|school council reps|balloting"
    r"|(?:cover(?:ing)? (?:for )?(?:a|an|the|her|somebody's|someone's)? ?|on (?:a )?)?maternity (?:cover(?:ing)?|post|contract|supply)|covering (?:\w+ ){0,2}maternity(?: leave)?"
    r"|health (?:and|&|n) safety|healthy\b(?: \w+)?|mental health (?:week|day|lessons?|assembl\w+|posters?|first|leads?|awareness|training|policy)|public health|school nurses?|(?:educational|ed|school|clinical) psych\w*|school counsell\w+|(?:speech|occupational|play) (?:and language )?therap\w+"
    r"|(?:sick|doctor'?s?) notes? for (?:a |the |my )?(?:child|pupil|class)\w*|(?:children|pupils|kids|child|pupil)(?: who| that)?(?: are|'s| is| were)? (?:off |being )?(?:sick|ill|poorly|unwell)|sick (?:of|and tired|bucket|bowl|to death)|(?:he|she|child|pupil|kid)(?:'s| has| is|s)? (?:been |being )?sick|(?:the|a) sickness bug|(?:pupils?|children'?s?|child'?s?|kids'?) absences?|absences? (?:of|for) (?:a |the )?(?:pupils?|child\w*|kids?)|absent (?:pupils?|children|child|kids)|off (?:the )?sick(?:-?bay)|disabled (?:toilets?|loos?|parking|bays?|access|users?|people)"
    r"|(?:laptop|computer|pc|machine|tablet|device|email|link|file|usb|stick)\w* (?:\w+ ){0,3}virus\w*|virus (?:scan\w*|check\w*|protection|software|on)|anti-?virus"
    r"|(?:parents?|families|mums?|dads?|carers?|pta|visitors|children|kids|pupils) (?:\w+ ){0,4}pa(?:y|ys|id|ying)|pa(?:y|id|ying) attention|paid or (?:voluntary|unpaid)|(?:not|isn't|aren't|never) (?:on the payroll|paid)|(?:week|days?|time|leave) (?:off )?unpaid|unpaid (?:role|helper|volunteer\w*)|paid-for|threshold of|(?:house|reward|merit) points|earn\w* (?:\w+ ){0,2}(?:points?|stickers?|badges?|stars?)"
    r"|sack (?:off|race|barrow|of)\w*|fired up|dismiss(?:al time|ing (?:the|my|our|a) (?:class|children|pupils|kids))|dismiss (?:the|my|our) (?:class|children|pupils|kids)"
    r"|anti[- ]?bullying|(?:pupils?|children|kids|students) (?:\w+ ){0,3}(?:bull\w+|suspended|excluded)|bullying (?:between|among|amongst) (?:\w+ )?(?:pupils?|children|kids|students)"
    r"|fraud\w* (?:e-?mails?|messages?|calls?|links?)|(?:it|that|this|which) get reported|(?:virus|scam|phishing) warnings?|warnings? (?:about|of) (?:a |the )?(?:virus|scam|snow|weather)\w*"
    r"|i(?:'ve| have|ve)? (?:just |already |now )?(?:read|signed|opened|joined|left) (?:through )?(?:it|this|the (?:policy|policies|rules|code|school|guidance|handbook|document|whole thing)|your policy|all of it)\b"
    r")"
)

_UNION = re.compile(
    r"\b(?:(?:trade[- ]?)?unions?|unionised|neu|nasuwt|unison|gmb|naht|ascl|ucu|usdaw|tuc|unite (?:rep|member|union|the union)|nut (?:rep|member|conference|meeting|strike)"
    r"|strik(?:e|es|ing)|industrial action|action short of|picket\w*|work(?:ing)? to rule|ballot(?:s|ed|ing)?(?! (?:papers? for|for tickets|to |for year))|(?:shop|union|branch|my|our) (?:steward|convenor|convener)"
    r"|scabs?|walk(?:ing|ed)? out (?:with|on|in|tmrw|tomorrow|next|today)|out on strike|walk ?outs?|strikers?|cross(?:ed|ing)? (?:the|a) (?:picket )?line|facility time|collective (?:action|agreement|bargaining)|branch (?:secretary|meeting|officer)|(?:pay|trade|in|our|the) dispute|regional (?:officer|official|organiser)|(?:e-?mail|tell|message|ballot|of|our|my|about) (?:my |our |the )?members(?! of)|members'? meeting|new rep|reps?(?! from)"
    r"|(?:my|our|staff|workplace|safety|bring (?:a|my|the|in a)|have a|with a|elected) reps?(?! from)|reps? (?:to|at|into|in) (?:the|a|my) (?:meeting|hearing|interview)|representative (?:to|at|from the))\b"
)

_PREGNANCY = re.compile(
    r"\b(?:(?:un)?pregnan\w*|preg(?:gers|gy|go|o)?|terminations?|maternity|paternity|mat(?:ernity)? (?:leave|pay)|pat leave|parental leave|adoption (?:leave|pay|meeting|panel)|(?:am|are|'re|'m|im|we) adopting|adopt(?:ing)? (?:a|our|twins|siblings|two|her|him)(?! policy)|(?:about|bout|for|our|my|with) adoption|matching panel|shared leave|foster(?:ing|ed)? a"
    r"|miscarr\w*|still ?born|still ?birth\w*|ectopic|ivf|in ?fertil\w*|fertility|conceiv(?:e|ing)|embryos?|egg (?:collection|retrieval|donor|donation|freezing)|surroga\w+|abortion|termination of"
    r"|try(?:ing|in)? for (?:a|another|our|number) ?(?:baby|kid|child|two)?|(?:expecting|having|(?:had|have)(?= (?:a|our|my|her|his|their|another|the|twins)))(?: (?:a|our|my|her|his|their|another|the))?(?: (?:first|second|third|little))? (?:baby|twins|triplets)(?! (?:and|class|group))"
    rf"|(?:i'm|im|i am|she's|she is|wife(?:'s| is)?|partner(?:'s| is)?|girlfriend(?:'s| is)?|daughter(?:'s| is)?|who's|were|we're|both) expecting(?= (?:in|again|our|my|twins|at|around|{_MONTH})|[.,?!]|$)|expectant (?:mum|mother|parent|dad)\w*"
    r"|breast ?-?(?:feed\w*|fed|milk|pump)|express(?:ing)? (?:my )?milk|(?:ante|post|pre)-?natal|midwi\w+|morning sickness|up the duff|in the club|bun in the oven"
    r"|bab(?:y|ies)(?:'s| is|s| are)? (?:\w+ )?due|los(?:t|e|ing) (?:the|my|our|a) bab(?:y|ies)|(?:a|the|my|our) baby is born|baby (?:news|bump|shower|scan|loss)|new ?born|gave birth|giv(?:e|ing) birth|go(?:ne|ing)? into labour|c-? ?section"
    r"|(?:\d+|ten|twelve|twenty|thirty) ?(?:wks?|weeks?)(?= gone| pregnant| along)|(?:i'm|im|i am|now|only|she's) (?:\d+|ten|twelve|twenty|thirty) ?(?:wks?|weeks)|(?:my|a|our|the|her|wife's|partner's|\d+ week|dating|anomaly) (?:\d+ week )?scans?(?! (?:of|it|in documents|docs?|and email)| \w+ to)"
    r"|bab(?:y|ies) (?:came|comes|arriv\w+|born|early)|(?:off|home) with the baby|when the baby|mat ?b1|adopters?|months gone|(?:i'm|wife'?s?(?: is)?|partner'?s?(?: is)?|girlfriend'?s?(?: is)?) due|(?:ta|teacher|colleague|she)(?:'s| is|s) due in|(?:wk|week|weeks) scan|(?:keep(?:ing)?|staying) in touch days?|kit days?|my (?:bump|due date)|first trimester|trimester)\b"
)

_BODY = r"(?:back|knees?|hips?|neck|shoulders?|wrists?|ankles?|arms?|legs?|foot|feet|hands?|heart|chest|eyes?|eyesight|ears?|hearing|tooth|teeth|stomach|tummy|throat|voice|nerves?|blood pressure|periods?|toes?|fingers?|ribs?|skin|lungs?|waters|bladder|bowels?)"
_ILLNESS = (
    r"(?:cancer|tumou?rs?|chemo\w*|radiotherapy|diabet\w+|insulin|epilep\w+|epi-?pen|seizures?|asthma\w*|inhalers?|arthritis|fibromyalgia|migraines?|headaches?|endometriosis|crohn'?s|colitis|ibs|lupus|(?:(?<=have )|(?<=has )|(?<=my )|(?<=with ))ms\b(?! [a-z])|parkinson'?s|dementia|alzheimer\w*"
    r"|adhd|autis\w+|asperger\w*|neuro-?diver\w+|dyslexi\w*|dyspraxi\w*|deaf|hard of hearing|hearing aids?|partially sighted|blind|wheelchair|disab(?:led|ilit\w+)|bipolar|ptsd|ocd|schizo\w+|anorexi\w*|bulimi\w*|eating disorder|depress\w+|anxi(?:ety|ous)|panic attacks?|mental(?:ly)? (?:health|ill\w*)|self[- ]esteem"
    r"|medications?|medicines?|meds|pills|painkillers?|antidepress\w+|beta ?-?blockers?|sertraline|citalopram|fluoxetine|hrt|steroids|methadone|hiv|hepatitis|covid\w*|flu|norovirus|shingles|chicken ?pox|pneumonia|infection|infectious|contagious|vaccin\w+|jabs?|immuno\w+|allerg\w+|illness\w*|diagnos\w+|condition"
    r"|hospital|surgery|operation|op\b|a ?& ?e|my (?:gp|doctor|consultant|specialist|dentist|physio\w*)|see (?:a|the) (?:gp|doctor)|physio\w*|counsel\w+|cannabis|adjustments?|biops\w+|glucose|gynae\w*|therap(?:y|ist)|psych\w+|injur\w+|concuss\w+|fractur\w+|sprain\w*|swollen|swelling|bleeding|dizzy|dizziness|faint(?:ed|ing|s)?|black(?:ed|ing)? out|vomit\w*|diarrh?o?ea|sick(?:ness)?|ill(?! (?:only|tell|be|have|go|get|do|just|never|not|take|send|ask|see|give|put|try|need|let|make)\b)|unwell|poorly|rash|pain|in agony|collapsed?)"
)
_SELF = r"(?:i|i'm|im|i've|ive|i'd|id|i'll|my|me|myself|mine|we're)"
_RELATIVE = r"(?:mum|mam|mother|dad|father|husband|wife|partner|boyfriend|girlfriend|hubby|other half|son|daughter|sister|brother|nan|nana|gran|grandad|grandma|parents|baby|little (?:boy|girl|one)|kids?|child|family)"
_ADULT = r"(?:colleague|co-?worker|teacher|ta|caretaker|cook|deputy|head|governor|secretary|cleaner|staff|team|mate|friend|boss|manager|lady|somebody|someone|supervisor|bursar|senco|volunteer|adults?|employees?)"
_HEALTH = re.compile(
    r"\b(?:"
    # Being off and coming back, whoever asks.
    r"sick(?:ness)? (?:leave|absence|days?|policy|pay|record|line|procedure)|(?:off|be off|been off|calling?|phon(?:e|ing)|ring(?:ing)?|rang|in|go|going|went|gone) (?:in )?(?:work )?(?:sick|ill|poorly)\b(?! of)|self[- ]?cert\w*|sign(?:ed|ing) (?:me |her |him )?off(?! (?:the|a|by|what|my|on)\b)|fit ?notes?|(?:doctor|gp)'?s? (?:note|line|letter|certificate)(?! before a pupil)"
    r"|phased return|return[- ]to[- ]work|back to work (?:meeting|interview)|occupational health|oh referral|stress (?:risk|leave|related)|reasonable adjustments?|access to work|absence (?:meeting|trigger|review|management|policy|line|procedure)|trigger points?|bradford (?:factor|score)|long[- ]term (?:sick|absence|condition)|medical (?:appointment|leave|capability|suspension|retirement)|ill[- ]health (?:retirement)?"
    r"|(?:doctor'?s?|gp|hospital|dentist'?s?|dental|clinic|optician'?s?|physio|counselling) (?:appointments?|appt\w*|app|visit)|smear(?: test)?|mammogram|blood test|menopaus\w*|peri-?menopaus\w*|hot (?:flush|flash)\w*|hysterectomy"
    r"|can(?:'t|not|t) (?:cope|go on|face|sleep|breathe|stop crying|take (?:any|it|this|much)|carry on|manage any)|(?:not|isn't|haven't|hardly|barely) (?:been )?sle(?:ep|pt)\w*|burn(?:t|ed|ing)? ?out(?! on)|worn out|(?:nervous|mental|having a|had a|near) breakdown|breaking point|rock bottom|end of my tether|suicid\w+|(?:i'm|i was|im|me|was|left|often|always|staffroom) in tears|crying (?:in|every|all|at)|cry(?:ing)? myself|overwhelm\w+|on the verge|drowning in"
    r"|intensive care|(?:in|on) (?:icu|the ward)|gall ?bladder|appendix|(?:threw|throwing|chuck(?:ed|ing)|puk\w+) up|i(?:'ve| have|ve)? been sick|was sick|the runs\b|dentist|(?:my|an|clinical|hospital|medical|off for|attend) appointments?|off (?:for )?\d+ (?:days|weeks)|absent|work-related|rtw|conjunctivitis|staff drug\w*|take drugs|come off drugs|not fit for|(?:my|sick|doctor's|the) note (?:says?|runs?|ran|ends?|finish\w*)|oh (?:said|report|referral|appointment|want\w*)|(?:to|by|from) oh\b|(?:to|see) (?:the|a|my) doctors?|bad knees|off (?:for )?\d+ months|carers? (?:get|days?|leave)|dependants?|lost her partner|lost his wife|symptoms|occupational stress|ssp|drug test\w*|absences?|absence(?! of)|stressed|(?:work(?:place)?|my|with|of|from|the|under|so much|too much|staff) stress|(?:drink|drinking|drug|gambling) problem|alcoholi\w+|rehab|recovering (?:from|addict)|addict(?:ed|ion)|(?:staff|own) (?:wellbeing|well-being|welfare|counselling|health)|employee assistance"
    r"|(?:mak(?:e|es|ing)|made) me (?:feel )?(?:really |so |quite )?(?:ill|sick|poorly|anxious|depressed|unwell|cry|stressed)|d ?(?:&|n|and) ?v|(?:tummy|stomach|sickness|vomiting) bug|long covid|test(?:ed)? positive|self[- ]?isolat\w+|shielding|(?:staff|adult|teacher)s? (?:medical|medicine|medication)\w*"
    rf"|hurt(?:ing|s)? (?:my|me|myself)|(?:hurt|broke|broken|sprained|twisted|pulled|trapped|cut|burn(?:t|ed)|scald(?:ed)?|bang(?:ed)?|bad|dodgy|put|done|knackered|slipped|injured|bruised|tore|torn|wrecked|strained|cracked) my {_NEAR}(?:{_BODY}|head|disc)|slipped disc|(?:bad|dodgy) (?:back|knee|hip|shoulder)"
    rf"|my {_BODY}(?:'s|s)? {_NEAR}(?:gone|gon|went|goes|hurts?|hurting|swollen|bad|aches?|aching|sore|broken|playing up|killing|agony|giv\w+ (?:way|out|up)|worse|stiff|numb|problems?|trouble|pain\w*|out|bleeding|seized)|(?:i|ive|i've|and|ta|teacher|colleague|cook|caretaker) (?:just |have )?(?:slipped|fell|tripped|fallen)|had a fall|is off with|'s off with|(?:having|had|getting) (?:her|his|my) {_BODY} done|been bitten|needlestick"
    rf"|i(?:'m|m| am|'ve been|ve been| have been| feel| felt|'ve felt| keep feeling) {_NEAR}(?:exhausted|rough|low|down|struggling|suffering|shattered|under the weather|not right|not myself|not coping|losing it|in a bad way|tearful|on edge|knackered|at the end)\b(?! (?:with|to|for) (?:the|my|our) (?:class|wifi|laptop|login|tech|computer))"
    # An illness of the asker's own, of a relative's, of a grown-up's at work.
    rf"|{_SELF} {_NEAR}{_ILLNESS}|(?:(?:my|our) {_RELATIVE}|(?:'s|his|her) (?:wife|husband|partner)|(?<![\w ] )(?:mum|dad|husband|wife|nan))(?:'s|s)? (?:is |was |has |had |got |been |in |into |taken |not ){{0,3}}{_NEAR}(?:{_ILLNESS}|not well|isn't well|not very well|dying|died|passed away|terminal|very frail)|{_ADULT}(?:'s|s)? {_NEAR}{_ILLNESS}|(?:with|w|wi|for|because of|cos of) my {_BODY}|(?:someone|somebody|anyone) (?:\w+ ){{0,4}}(?:dies|died)|{_RELATIVE}(?:'s|s)? (?:\w+ )?(?:dies|died)|funerals?|(?:off|away|out) with (?:his|her|a|their) (?:bad |broken )?(?:{_BODY}|nerves)|dialysis|oc(?:c)? health|carer'?s? (?:leave|passport)|broke down|burial"
    r"|(?:caring for|carer for|look(?:ing)? after) my (?:mum|dad|husband|wife|partner|mother|father|parents?|disabled|sick|elderly)|bereave\w*|compassionate leave|isn'?t well|not well"
    r")\b"
)
# An illness that nobody is named with is somebody's at work, unless a pupil is spoken of.
_ILLNESS_OF_SOMEBODY = re.compile(rf"\b(?:{_ILLNESS}|sick ?notes?)\b")
_ABOUT_PUPILS = re.compile(rf"\b{_PUPIL}\b|\bfor (?:him|her|them)\b|\b(?:trip|pe|first aid|one of them|mums?|parents?)\b")
_OF_NO_PERSON = re.compile(
    r"\b(?:conditions?|op|a ?& ?e|blind|pain|ill|ms|surgery|operation|rash|flu|infection|injur\w+|medicines?|inhalers?|therapist|swelling)\b"
)

_PAY = re.compile(
    r"\b(?:pay ?-?(?:day|slip|roll|che(?:ck|que)|rise|cut|scale|spine|grade|band|award|freeze|gap|deal|date|progression|packet|policy|increase|review|increment|range|office|claim|point|run)s?"
    r"|(?:sick|holiday|redundancy|overtime|back|strike|my|our|their|full|half|less|low|no|sick|extra|equal|teachers'?|tas'?|staff|notice|statutory|net|gross|take[- ]home|about) pay\b(?! (?:for (?:a|the|my|it)|the|a|it))"
    r"|paid|unpaid|underpaid|overpaid|salar(?:y|ies|ied)|wages?|pensions?|superannuation|overtime|toil|time off in lieu|tlrs?|hourly rate|rate of pay|pays? (?:me|us|staff|supply|tas|teachers)|(?:when|how|what|what's|does|do) (?:\w+ ){0,3}(?:the )?(?:school|agency|trust|council) pay(?! for)|agency (?:hasn't|hasnt|has not|won't) paid"
    r"|spine points?|scale points?|(?:through|over|past|cross) (?:the )?threshold|upper pay|ups ?[123]|increments?|hmrc|tax (?:code|band)|taxed|p60|p45|national insurance|ni contributions|tps|lgps|teachers' pension|bonus(?:es)?|advance on|(?:what|how much) (?:do |does |did |am |will |can )?(?:i|we|you|she|he|they|tas|teachers|a ta|a teacher|staff|everyone|the head)(?:'m|m|'re|'s)? (?:get(?:s|ting)?(?! (?:for my|to))|earn(?:s|ing)?|make|on\b|is on|are on|be on)"
    r"|how much (?:i'm|im|i am|she's|he's|they're|we're) (?:on|earning|getting)|earn(?:s|ed|ing|ings)?|los(?:e|ing) (?:any |out on )?(?:money|pay|a day)|extra money|honorarium|double time|time back for|(?:thru|for) threshold|time in lieu|extra hours|additional hours|timesheets?|retire(?:ment|d|s)?|retiring|(?:up|move up) (?:a|the) (?:point|scale)|main scale|pay (?:committee|letter|is|looks?|attendance)|(?:go|apply) for threshold|entitle\w+ to pay|owe (?:them|the school|\w+ (?:quid|pounds|hundred))|responsibility allowance|(?:recruitment|retention|sen|first aid) allowance|contractual sick|dock(?:ed|ing)?|deduct\w*|(?:in|into) debt|money worries|food ?bank|afford (?:my|the) (?:rent|bills|mortgage)|short this month|same money)\b"
)

_ME = r"(?:me|us|my)"
_GRIEVANCE = re.compile(
    r"\b(?:grievances?|disciplinar(?:y|ies)|whistle-? ?blow\w*|blow(?:ing|n|s)? the whistle|gross misconduct|tribunal|acas|constructive(?:ly)? dismiss\w*|unfair(?:ly)? dismiss\w*|dismissal|(?:be|been|being|get|got|getting|was|face|facing|fear|risk|me) (?:\w+ )?dismissed|sack(?:ed|ing)?|(?:be|been|get|gets|getting|got|was|me|being) fired|get(?:ting)? the (?:push|boot|sack|chop)"
    r"|(?:lose|losing|lost|cost|costs|keep|risk\w*) (?:\w+ ){0,2}(?:my|your|their|his|her|our) (?:job|jobs|post|position|career|livelihood)|job (?:at risk|on the line|under threat)|redundan\w+|managed out|push(?:ed|ing)? (?:me )?out|forc(?:ed|ing) (?:me )?(?:out|to resign)|shown the door|settlement agreement"
    r"|(?:written|verbal|final|formal|first|oral|my|another) warnings?(?! (?:sign|before))|warning (?:on|for) (?:my|being)|capability (?:procedure|process|meeting|policy|proceedings)|(?:on|onto) (?:a |an )?(?:\w+ )?(?:support|improvement|capability) plan|informal capability|disciplined|discipline (?:me|us|staff)|(?:failed?|failing|extended?|extending|on) (?:my )?probation\w*|probation extended|look(?:ing|ed)? into (?:me|my|something i|what i)|(?:meant|supposed|alleged) to have (?:put|said|done|posted|sent|written|told)|telling[- ]off|(?:on|off) my record"
    rf"|(?:i(?:'m|m|'ve been|ve been| have been| am| was|'ve|'ll be|ll be)?|been|got|being|get|me) (?:\w+ )?(?:suspended|bullied|harassed|victimi[sz]ed|picked on|singled out|ostraci[sz]ed|discriminated|ganged up|gaslit|scapegoated|blamed|accused|investigated|reported|trolled|overlooked|undermined|humiliated|belittled|demoted|sidelined|moved (?:class|year)|ignored by|frozen out|passed over|stitched up|hauled)|while (?:i'm |im )?suspended|suspended from|suspension from work|on suspension"
    rf"|(?:under|an?|the|my|disciplinary|formal|during an?) investigation(?: meeting)?|investigat(?:e|ed|ing|ion) (?:\w+ )?(?:against |into |about )?(?:me|us|my)|(?:my|a|the|appeal|capability) hearing|accus(?:e|ed|es|ing|ation|ations) (?:\w+ )?(?:me|of|against)|allegations? (?:\w+ )?(?:against|about|made about) (?:me|us|myself)|complain(?:t|ts|ed|s|ing)? (?:\w+ ){{0,3}}(?:about|against|on|of) (?:me|how (?:i|we))|(?:reported|grassed|dobbed|reporting) (?:me|on me)|(?:put|putting|make|making|raise|raising|lodge|file) (?:in )?(?:a|an|my) (?:formal |official |informal )?complaint"
    rf"|bull(?:y|ies|ied|ying) (?:of |by |from |at |in )?(?:\w+ ){{0,2}}(?:me|us|work|staff|workplace|colleagues?|(?:line )?managers?|the head|the deputy|slt|headteacher|a teacher|teachers)|workplace bullying|(?:staff|manager|head|deputy|boss|colleague|teacher|ta)(?:'s| is|s)? (?:\w+ ){{0,2}}(?:bully\w*|harass\w*)|is a bully|harass(?:ing|es|ed|ment)(?! of pupils| between)|sexis(?:t|m) (?:\w+ ){{0,2}}(?:to|towards|about|at|boss|manager|staffroom|culture)|homophobi\w*|misogyn\w*|racis(?:t|m) (?:\w+ ){{0,3}}(?:me|towards|staffroom|at work|colleague)|discriminat(?:ed|ing|ion) (?:\w+ )?(?:against|at work|because|on the)|(?:being|been) discriminated|dignity at work"
    rf"|(?:shout|yell|scream|swear|snap|tut|sneer|laugh|have a go|having a go|had a go|has a go|nasty|rude|horrible|awful|vile|abusive|unkind|aggressive|foul|mean|spiteful|offensive|digs?)(?:s|ed|ing|es)? (?:\w+ ){{0,4}}?(?:(?:at|to|with|toward|towards) {_ME}|about me|about my (?:accent|weight|age|work|teaching|clothes|looks|hair|faith|family))(?! (?:child|children|class|pupil|kid|car|laptop|phone|page|privacy|settings))\b(?: (?:like|in front|online|on|on messenger|about))?"
    rf"|(?:talks?|speaks?|spoke|treats?|treated|treating) (?:to )?(?:me|us) (?:\w+ ){{0,2}}(?:like|as if|as though|differently|badly|unfairly)|(?:in|got it in) for me|picks? on (?:me|us)|leav(?:es|ing)? me out|left me out|excluded from meetings|undermin\w+ (?:me|my)|humiliat\w+ (?:me|us)|belittl\w+|micro ?-?manag\w+|(?:rumou?rs?|lies|gossip\w*|stories|things) (?:\w+ ){{0,4}}about me\b|(?:mick|mickey|piss) out of (?:me|us)|(?:making fun|make fun) of (?:me|us)|threaten(?:s|ed|ing)? (?:me|us)|(?:abusive|vile|threatening|nasty|horrible|hateful|malicious) (?:\w+ )?(?:messages?|texts?|emails?|calls?|comments?|posts?) (?:\w+ ){{0,4}}(?:me|my|from)"
    r"|sending me (?:\w+ ){0,2}(?:vile|abusive|nasty|horrible|threatening)|(?:page|website|group|account|site|blog|review|petition|poster) (?:\w+ )?about me|being (?:cyber-?)?bullied|unfair(?:ly)? (?:treat\w+|to me|on me|work\w*)|(?:how|way) (?:i'm|im|i've been|ive been|i am|i was|we're|we've been) (?:being )?treated|(?:is|it's|its|so|really|this|just) (?:not fair|unfair)|my (?:appraisal|tribunal|probation)|hears? (?:an |the |my )?appeals?|appeal (?:against )?(?:it|my|the (?:warning|decision|outcome))(?! (?:of|on) (?:an )?exclu)|(?:turned down|knocked back|refused) (?:for|me|my)|because (?:i'm|im|i am|of my) (?:the only |a |an )?(?:black|asian|muslim|jewish|christian|gay|lesbian|trans|woman|man|old\w*|young\w*|part[- ]?time|foreign|polish|race|age|religion|accent|sexuality|colour|disab\w+|pregn\w+)"
    r"|slag(?:s|ged|ging)? me|(?:keep|kept|keeping) (?:my mouth shut|my head down)|i (?:just )?keep quiet|(?:sit|sitting|come|go) (?:in |next )?(?:with|beside|alongside) me|(?:call|calling|called)(?:s|ed)? me (?:a|an|every|all|names)|defend (?:myself|me)|every name under|(?:see|find out|know) (?:if|that|who|it) (?:was me|grassed|told on)|rais(?:e|ed|ing) (?:a |my )?(?:serious |formal )?(?:concern|matter|issue) (?:before|about|last|with|in)|blowing the lid|(?:no|without a|my) name on it|unsigned|off the record|(?:my|your|her|his|the|their) name (?:out of|off|secret|come|comes|came|be used)|(?:giv\w+|leav\w+) my name|know (?:it's|its|it was|it is) me|false report|talking to ofsted|ask(?:s|ing|ed)? (?:me out|if i'm single|if im single)|making me (?:feel )?uncomfortable|protected if i|witness (?:against|for) me|fobbed off|(?:there's|there'd|there has|been) (?:been )?a complaint (?:about|against)? ?(?:me)?|about my (?:age|accent|weight|looks)|(?:speak(?:ing)?|spoke|speaks) (?:up|out)|wrong-?doing|cover(?:ed|ing)?[- ]?up|(?:fiddl|fudg|falsify|cook)(?:e|ed|ing|ying) (?:\w+ ){0,2}(?:books?|figures|results|registers?|data|expenses|accounts)|fraud\w*|embezzl\w+|stealing|pocketing|siphon\w*|backhanders?|money (?:\w+ ){0,6}(?:isn't going|missing|pocket)|reprisals?|retaliat\w+|protected disclosure|fall(?:en|ing)? out with (?:my|the) (?:boss|head|manager|deputy|line manager)|hostile environment|toxic|clash with my)\b"
)

# What befalls people at work, unless a pupil or a parent is spoken of.
_TROUBLE_AT_WORK = re.compile(
    r"\b(?:suspen(?:d|ds|ded|ding|sion)|appeal(?:s|ed|ing)?|misconduct|capability|anonymous(?:ly)?|fiddl(?:e|es|ed|ing)|dishonest\w*|dodgy (?:invoices?|receipts?|figures|accounts|claims?)|warnings?|probation\w*|dismiss\w*|harass\w*|bull(?:y|ied|ies|ying)|discriminat\w+|unfair\w*|resign\w*|investigat\w+|allegation\w*|sacked|laid off)\b"
)

_I_DID = r"(?<!am )(?<!was )\bi(?:'ve|ve| have|'d| had|'m|m)? (?:(?:just|only|really|already|accidentally|stupidly|mistakenly|sort of|kind of|also|then|even|actually|once|totally|completely|may have|might have|could have|think i|must have|went and|did|never|probably|still|now|both) )*"
# Any deed told in the past, but what happens to everybody on any day.
_DID = r"(?!(?:need|want|ask|wonder|use|start|join|mov|work|train|teach|retir|qualifi|notic|receiv|hear|tri|hop|decid|plann|prefer|lik|enjoy|complet|finish|manag|marri|expect|assum|realis|believ|agre|appli|interest|suppos|allow|concern|worri|confus|involv|employ|appoint|requir|attach|suggest|download|draft|book|count|liv|promis|interview|invit|intend|learn)\w*)\w{2,}ed"
_OWN_CONDUCT = re.compile(
    rf"(?:{_I_DID}(?:called (?:a|our|my|the|him|her|them)|made (?:a|an|some|one|it|him|her|fun)(?! (?:note|complaint|list|display|book))|said so|typed|had a (?:right |bit of a |big |little )?(?:go|moan|rant|row|argument|drink|few)|set up|checked (?:my|facebook|insta)|lost|mislaid|forgot|forgotten|lied|swore|sworn|borrowed|lent|broke|broken|breached|missed a|crossed|messed up|screwed up|mucked up|cocked up|blew it|been (?:texting|messaging|chatting|emailing|posting|using|sharing|taking|seeing|dating|snapchatting|whatsapping|doing|letting|giving|sending|adding|following|arrested|caught|cautioned|drinking)|hit (?:send|reply|a )|pressed send|said (?:some|something|yes|a few|things|too)|got (?:drunk|caught|arrested|points|carried away|a bit drunk|hammered|into a row|into an argument)|blurted|slipped out|mentioned|overshared|let slip|ignored|failed to|covered for|shouted|slapped|grabbed|pushed|smacked|punched|threw|lashed|snapped at|pulled (?:a|him|her)|restrained|dragged|hugged|kissed|slept with|saved|kept|downloaded|printed|copied|showed|passed|stole|nicked|walked off|walked out|logged in|nipped|gossiped|moaned|ranted|vented|retweeted|reposted|reacted|blocked|bought|sold|lied|drove|signed (?:in|for)|clocked|skipped|smoked|vaped|drank|argued|cheated|plagiarised|met up|met|invited|accept|threatened|bad-?mouthed|had to (?:pull|restrain|hold|grab|push|drag|carry|shout)|did (?:it|this|that|something|a)|done (?:it|this|that|something|a)|put|wrote|written|left|took|taken|gave|given|sent|told|uploaded|posted|shared|liked|tagged)\b(?! (?:a job|my job|the job|on the job|from|about this|off that|to (?:ask|use|run|do|set|join|help)))"
    rf"|(?<!i'm )(?<!im ){_I_DID}(?<!'m )(?<!\bim ){_DID}\b|(?:^|[.;!?] )(?!(?:need|want|unused|untagged|related|shared|lost|attached|agreed|worried|concerned|asked|told|used|supposed|allowed|signed|printed)\w*\b)\w{{3,}}ed (?:a|an|my|the|our|it|him|her|them|on|off|out|over|some)\b|\b(?:arrest\w*|convict\w+|criminal (?:record|proceedings|charge)|police caution|a caution|cautions|cautioned|bailed|driving ban|speeding|self[- ]?refer\w*|own(?:ing|ed)? up|admit (?:it|to))\b"
    r"|\bi (?:didn't|didnt|haven't|havent|never|did not|have not) (?:\w+ )?(?:told|tell|report\w*|declare\w*|log(?:ged)? (?:out|off)|lock(?:ed)?|sign(?:ed)? out|ask(?:ed)? (?:permission|the|her|his|their)|realise|delete[d]?|checked?|disclosed?|mention(?:ed)?)\b"
    r"|\bi was (?:arrested|cautioned|caught|drunk|drinking|charged|convicted|speeding|rude|sharp|late|looking at|messaging|texting|filmed|a bit)\b|\bi(?:'ve| have) (?:got )?a (?:conviction|caution|criminal record|drink)|\b(?:my|a) (?:conviction|caution|drink driving|criminal record)\b|\bstarted (?:seeing|dating|going out with)\b|\b(?:i'm|im|i am|i've been) (?:seeing|dating|going out with|in a relationship with|sleeping with)\b"
    r"|\b(?:have|did|had) i (?:\w+ )?(?:done (?:anything|something|wrong|the wrong|it wrong|right)|do (?:wrong|something wrong|anything wrong|the wrong)|broken?|breach\w*|mess(?:ed)? up|messed|screw\w*|cross\w*|blown|gone (?:too far|wrong)|committed)\b|\b(?:might|may|could|must|think i|thought i)(?:'ve|ve| have) (?:broken|breached|crossed|messed|upset|gone|said|done|overstepped|left|given|sent|put|shared|posted|let)\b"
    r"|\b(?:am i|will i be|i'll be|i'd be|i be|getting|get me|i(?:'m| am|m)|i get|going to be) (?:going to be |gonna be |likely to be |now )?(?:in|into) (?:\w+ )?(?:trouble|bother|hot water|the doghouse|deep water)\b(?! (?:if|for)\b)|\bcome back (?:on|to (?:bite|haunt)|and (?:bite|haunt)) me\b|\b(?:it was|that was|was) me (?:that|who)\b|\bmy (?:own )?(?:fault|mistake)\b|\bthink it was me\b|\b(?:i regret|regretting it|wish i hadn'?t|wish i'd (?:not|never))\b|\b(?:own up|come clean|turn myself in|report myself|self[- ]report|held against me|used against me|shop myself)\b"
    r"|\b(?:something|things?|stuff|what|photos?|posts?|pictures?|comments?|messages?|tweets?|videos?|anything) (?:that )?i(?:'ve|'d| have| had|ve)? (?:\w+ )?(?:did|done|posted|wrote|written|said|put|shared|sent|tweeted|liked|commented)\b(?! (?:if|next))"
    r"|\b(?:photos?|pics?|pictures?|videos?) of me (?:\w+ ){0,3}(?:drunk|drinking|at a (?:rave|party)|smoking|half|naked|partying|in (?:my|a) bikini|dancing|passed out)\b"
    r"|\bnight in the cells\b|\btrouble with the police\b|\b(?:in|to) court\b|\bscuffle\b|\bpolice took me\b|\b(?:accident(?:ly|ally) (?:\w+ )?(?:liked|called|touched|added|sent|posted|rang|shared|followed|opened)|caught speed\w*|points for speed\w*|without charge|(?:police|criminal) (?:matters?|have charged|charged)|self report|i txt|broke a rule|taken the wrong way|misread|misunderstood|misinterpret\w*|report(?:ing)? (?:myself|meself)|concern about myself|get done|got done|(?:done|posted) (?:\w+ )?by (?:mistake|accident)|charged with|i was alone with)\b|(?:^|[.;!?] |\b(?:so|then) )(?:(?:accidentally|stupidly|just|only) )?(?:swore|txt|txt'd|pressed|touched|fell on|let|told|clicked|left|lost|forgot|sent|got drunk|posted|shared|borrowed|was looking at|set up a (?:joke|fake|spoof)|put (?:up|my|a|the|on|it|our)|emailed|texted|messaged|liked|told (?:a|the|my)|gave (?:a|my|the|out)|had a (?:row|rant|go)|got into (?:a|an)|had a (?:right |bit of a )?(?:go|moan|rant))\b(?! (?:by|to me|from|me|us)\b)|\bwas i wrong\b|\b(?:slipped|came|blurted) out (?:about|when i)\b|\b(?:have|had) i (?:been|had) (?:daft|silly|stupid)\b)"
)
# What is only supposed, or asked for, has not been done.
_SUPPOSED = re.compile(
    r"\b(?:if|unless|suppose|supposing|imagine|say|before|until|once|in case)\b (?:i|we|my|someone|somebody|a|it|you|one|they)\b[^.?!;]*|\b(?:can|could|may|should|shall|must|do|would|might) i (?:have )?\w+(?: [^.?!;,]*?\b(?:i|which i) (?:took|made|wrote|have|had|bought))?"
)

_ONE = r"(?:a|an|another|one of (?:the|our|my)(?: \w+)?|my|our|the|this|that|any|some|new|other|fellow)"
_STAFF = (
    r"(?:colleagues?|co-?workers?|work ?mates?|teachers?|tas?|teaching assistants?|head(?:teacher|mistress|master| teacher)?|deputy(?: head)?|caretaker|site manager|cook|dinner lad(?:y|ies)|lunchtime (?:lad(?:y|ies)|supervisors?)|midday\w*|office (?:lady|manager|staff)|secretary|governors?|volunteers?|coach(?:es)?|supply(?: teacher)?|members? of staff|staff members?|line manager|job[- ]?share(?:[ -]partner)?|cover supervisor|male lunch staff|practitioner|room leader|helper|partner teacher|cleaner|technician|"
    r"student teacher|trainee|nursery nurse|key ?worker|bursar|business manager|librarian|senco|phase leader|year leader|tutor|man who runs|woman who runs|lady who runs|someone i work with|somebody i work with|someone at work|somebody at work|mate in (?:y|yr|year) ?\d+|boss|employee)"
)
_MR = r"(?:mr|mrs|ms|miss|dr|sir) [a-z]+"
# What somebody is said to do; to leave, to marry or to have said something is no matter of conduct.
_CONDUCT = (
    r"(?:is|'s|has|was|were|are|had|keeps?|kept|always|never|often|just|sometimes|been|post(?:s|ed|ing)|puts?|took|takes|let|lets|gave|gives|shared?|shares|sharing|smelt|smells|stank|stinks|reeks|reeked|swears|picking|swore|swearing|said|says|using|uses|used|leaves|left|messag(?:es|ed|ing)|texts|texted|texting|told|tells|added|adds|adding|talks|talked|talking|sends|sent|sending|shouts|shouted|shouting|hit|hits|grabbed|bullies|"
    r"slag(?:s|ged|ging)|flirt(?:s|ed|ing)|film(?:s|ed|ing)|drinks|drinking|follows|followed|following|likes|liked|calls|called|wrote|writes|doesn't|doesnt|won't|wont|refuses|asked|made|makes|tagged|does|did|touch(?:es|ed)|picks|picked|accepted|accepts|ignores|turns up|turned up|gossips|gossiping|posting)"
)
_NO_CONDUCT = r"(?! (?:yes|no|it's|its|i|we|you|that's|ok|so|to|the \w+ (?:is|was|were))\b| (?:(?:just|already|also|all|now|only|been) )*(?:said|asked|told (?:me|us)|agreed|leaving|retiring|retired|married|getting married|away|new|out|not in|off\b|having a (?:birthday|party)|entitled|allowed|required|bound|expected|covered|responsible|meant|supposed|here|there|in charge|trained|given permission|asking (?:me|us)|invited|ok|fine|happy|friends?|the (?:same|one)|a (?:friend|member|parent))\b)"
_COLLEAGUE = re.compile(
    rf"(?:(?<!are )(?<!is )(?<!does )(?<!do )(?<!can )(?<!did )(?<!will )(?<!must )\b{_ONE} (?:(?!parent|mum|dad)[\w'-]+ ){{0,2}}?{_STAFF}(?: (?:and|in|at|on|from|next door|of) (?:[\w'-]+ ){{0,3}}?[\w'-]+)?|(?:^|[.?!,;] )(?:ta|teacher|caretaker|colleague|dinner lady|supply teacher|another ta)|\b{_MR}(?: in \w+ \w+)?|\b(?:someone|somebody) (?:i work with|at work|on (?:the )?staff|in (?:the|our) (?:office|team|staffroom)))(?:(?:'s|s)? {_CONDUCT}|(?:'s|s) (?:been|just|always|got|\w+ing))\b{_NO_CONDUCT}"
    rf"|\b(?:saw|seen|see|caught|heard|noticed|spotted|found|worried about|worry about|worries me about|concern(?:s|ed)? about|uneasy about|unhappy (?:about|with)|suspect|report(?:ing)?|reported|grass(?:ing)? (?:up )?|complain about|on|like how|in) (?:on )?{_ONE} (?:[\w'-]+ ){{0,2}}?{_STAFF}(?:'s|s'|s)?\b (?:[\w'-]+ ){{0,2}}?(?:account|phone|ipad|laptop|page|post|posts|profile|behaviour|conduct|who|being|\w+ing|that|whatsapp|\w+s to)\b"
    rf"|\b(?:a|another|this|that|one of (?:my|our|the)) (?:[\w'-]+ ){{0,1}}?(?:colleague|workmate|member of staff|staff member|ta|teacher|governor|volunteer|coach|supply teacher)s? (?:who|that|whose|too|being|breaking|broke)\b"
    rf"|\b{_STAFF}'?s'? (?:folder|computer|laptop|ipad|tablet|bag|locker|drawer|phone|account|search history) (?:has|had|is|was|of|there)\b|\b(?:misgivings|doubts|concerns|suspicions) (?:\w+ )?(?:about|is about) (?:{_MR}|{_ONE} (?:\w+ )?{_STAFF})\b"
    rf"|\b(?:worried|concerned|uneasy|unhappy|something|somthing|what) (?:about )?(?:\w+ ){{0,2}}(?:a|the|another|one|our) (?:\w+ )?{_STAFF}\b|\blow[- ]level concerns?\b|\b(?:an )?adult'?s behaviour\b|\b(?:its|it's|it is) (?:the head|a (?:supply )?teacher|a ta|a colleague|a governor)\b|\b{_ONE} (?:\w+ )?{_STAFF}(?:'s|s)? (?:who'?s?|pinch\w*|shov\w*|smack\w*|hurt\w*|groom\w*)\b"
    r"|\b(?:grass|dob|shop|report) (?:her|him|them) (?:up|in)?|\b(?:having|had) an affair\b|\bfound out (?:the|that|a|our|my) (?:new )?(?:teacher|ta|head|deputy|colleague|coach|caretaker)|\b(?:he's|she's|he is|she is) a (?:colleague|teacher|ta|governor|member of staff)\b|\bi think (?:my|a|another) (?:colleague|ta|teacher)|\bthink (?:my|a|another|the) (?:colleague|ta|teacher|head)\b"
    r"|\b(?:seen|saw|see|caught|heard|watched) [a-z]+ (?:smack|hit|slap|grab|shout|drag|push|swear|film|touch|kick|smacking|hitting|slapping|shouting|hug|kiss)\b|\bshe swears\b|\bto the teacher (?:next door|who)\b|\b(?:teachers|tas|lunchtime ladies|dinner ladies|coaches|governors|staff) (?:(?:is|are) )?(?:\w+ )?(?:posting|talks?|shouting|slagging|gossiping|filming|messaging|swearing|breaking) "
)

_CHILD_ONE = r"(?:pupil|student|child|kid|kiddie|lad|lass|lassie|boy|girl|bairn|wean|little one|little lad|little girl|little boy|tot|toddler|teenager|sixth[- ]?former|(?:y|yr|year) ?\d+|year (?:one|two|three|four|five|six)s?|seven-year-old|\w+-year-old|nephew|niece|leaver|prefect|learner|youngster|bab(?:y|e) of the class)"
_CHILDREN = rf"(?:{_CHILD_ONE}s?|children|twins|little (?:ones|uns|'uns))"
_DEED = (
    r"(?:told|tells|said|says|saying|has|had|have|was|were|is|'s|keeps|kept|asked|asks|wants?|wanted|messag(?:ed|es|ing)|msg'?d|msgd|dm'?d|dmd|texted|sent|sends|wrote|writes|added|found|took|takes|made|posted|put|hit|kicked|bit|bites|bite|pushed|swore|threw|gave|showed|shown|hates|likes|fell|fallen|cried|cries|got|gets|turned up|turned|brought|came|comes|come|went|goes|ran|run|disclosed|let slip|stopped|"
    r"started|called|calls|follow(?:ed|s|ing)|hugged|grabbed|broke|stole|lives|looks|seems|won't|wont|doesn't|doesnt|isn't|can't|cant|wrote|emailed|rang|refuses|refused|just|always|never|thinks|talked|chatted|being|are|did|does|filmed|shared|uses|used|needs|who|whose|working|walking|walks|lost|hurt|caught|slipped|says)"
)
_CHILD = re.compile(
    rf"(?:\b(?:a|an|one of (?:my|our|the|mine|your)(?: \w+)?|this|that|another|some|the|my|our|two|three|those|these|her|his|there's an?|there is an?) (?:(?!can|may|should|if|parent|mum|dad)[\w'-]+ ){{0,3}}?{_CHILDREN}|(?:^|[.,;!?] |\b(?:so|and|but|n|then|cos|because|that|think|saw) )(?:{_CHILD_ONE} )?(?:{_CHILDREN}))"
    rf"(?:'s (?:\w+ )?(?:file|book|phone|brother|sister|dad|mum|account|family|mother|father|uncle))?(?: (?:from|in|at|on|i|that|of|who|called|named|aged|with) (?:[\w'-]+ ){{0,5}}?[\w'-]+)?(?:,? {_DEED}|(?:'s|s) (?:been|having|got|just|always|\w+ing|had|in|not))\b"
    rf"|(?:^|[.;!?] )(?:(?:a|the|one|two|three|some|another) )?(?:\w+ )?(?:{_CHILDREN}|chld) (?:(?:in|from|of|at) \w+ )?(?:[\w-]+ ){{0,2}}?(?:\w{{3,}}ed|\w{{3,}}ing|drew|telt|cant|left|gave|seen)\b|(?:^|[.;!?] )(?:she|he|shes|hes)(?:'s|'d)? (?!(?:(?:said|says|is|was|has|a|the|my|now|only|and) )*(?:a |the |my )?(?:friends?|mum|dad|parents?|colleague|teacher|governor|adult|ta|head|niece|nephew|cousin|sister|brother)\b)\w+"
    r"|\b(?:file|story|photos?|case|behaviour|name) (?:of|about) (?:a|one|this|that) (?:\w+ )?(?:pupil|child|boy|girl)\b|\b(?:about|with|by|from|to) (?:a|this|that|one) (?:little |certain |particular )?(?:boy|girl|lad|child) (?:in|who|that|at|on)\b|\b(?:a|this|that) (?:wee|certain|particular) (?:boy|girl|lad|lass|child|pupil|bairn)\b|\bhis lass|\b(?:his|her|their) (?:lad|lass|boy|girl)'s\b|\bgossip(?:ing)? about a child\b|\b(?:a|the|this|that|some) (?:\w+ )?(?:child|pupil|kid|boy|girl|lad|student|lass) (?:who|that|whose)\b|\bgave (?:a|one of|this) (?:child|pupil|boy|girl|kid)"
    r"|\b(?:someone|somebody|one|a few|some|another) (?:in|from|of) (?:my|our|the) (?:form|tutor group|class|group|(?:y|yr|year) ?\d+s?)\b(?! (?:on|for|page|blog))|\b(?:he|she|he's|she's|hes|shes)(?: is|'s|s)? (?:only |just )?(?:\d{1,2}|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen)\b|\baged? (?:of )?\d+ (?:wants|has|is)"
    r"|\b(?!mums?|dads?|parents?|famil|carers?|nan|grandm|colleague|ta\b)[a-z]+ in my (?:class|group|form|set) (?:keeps|has|is|told|says|said|asked|wants)\b|\b(?:her|his|their) (?:son|daughter|little (?:boy|girl)) (?:walks|is|has|was|in (?:y|yr|year))\b|\bfile (?:for|of|on|about)\b|\b(?:a|one) child's file\b|\b(?:one of (?:mine|them)|the (?:boy|girl|child)) (?:has|had|keeps|told|asked|wrote|is|was|i )"
)
# A rule is asked for where it only might happen: "what if a pupil contacts me".
_ONLY_MIGHT = re.compile(
    rf"\b(?:if|when|whenever|whether|unless|in case|suppose|supposing|while|once|after|before|until)\b (?:(?:a|an|the|my|one of (?:my|our)|any|our) )?(?:[\w'-]+ ){{0,2}}?{_CHILDREN}[^.?!]*|\bhow old (?:must|should|does|do|is|are)\b[^.?!]*|\bwhat (?:does|do|should|must|can|may|are|is) (?:a |the |any |our )?{_CHILDREN}[^.?!]*|\b(?:does|do|can|may|must|should|are|is|could|will) (?:a |the |any |our |my )?{_CHILDREN}\b[^.?!]*|\bwhich {_CHILDREN}\b|\b(?:on )?a year group\b"
)

# Matters about which staff ask for reasons of their own. A question without telling words is of the kind of the matter that it is read as;
# those on which complaints go are in retrieval.concerns.
MATTERS = {
    Sensitivity.HEALTH: (
        "Absence triggers and monitoring",
        "Bereavement and funeral leave",
        "Carer's leave for dependants with long-term needs",
        "Disability leave and disability-related absence",
        "Doctor, dentist and hospital appointments in working time",
        "Formal absence stages, warnings and dismissal for ill health",
        "Illegal drugs and help with dependency for staff",
        "Keeping in touch during long-term sickness",
        "Occupational health referral",
        "Reasonable adjustments for disabled staff",
        "Reporting sickness: when, how and to whom",
        "Return-to-work conversation after every absence",
        "Self-certification and fit notes",
        "Staff stress and wellbeing",
        "Staff with vomiting, diarrhoea or infections: how long to stay away",
        "Working elsewhere, holidays and social activity while off sick",
    ),
    Sensitivity.PAY: (
        "How long sick pay lasts and when it drops",
        "How pay is set, progression, thresholds and pay appeals",
        "Overtime and time off in lieu",
        "Salary overpayments and payslip errors",
        "Snow and closures: attendance and pay for staff",
    ),
    Sensitivity.GRIEVANCE: (
        "Appealing against an outcome",
        "Being accompanied at a meeting or hearing",
        "Capability warnings: length of review period and what follows",
        "Disagreeing with appraisal objectives or report",
        "Disciplinary procedure: how misconduct is investigated and heard",
        "Extending a probation period",
        "Failing probation: hearing, notice and appeal",
        "Going off sick or raising a grievance during capability",
        "Gross misconduct and dismissal",
        "How long warnings last and case records are kept",
        "Informal support before formal capability",
        "Posting or contacting people while suspended or under investigation",
        "Redundancy: consultation, selection and pooling",
        "Reporting online abuse or cyberbullying aimed at staff",
        "Support for an accused member of staff",
        "Suspension of staff during an investigation",
        "Who can accompany you to a formal capability or absence meeting",
    ),
    Sensitivity.OWN_CONDUCT: (
        "Having made a mistake online: owning up, and to whom",
        "Reporting yourself",
        "Telling the school about arrests, convictions and changes in circumstances",
    ),
}
_KIND_OF_MATTER = {name: kind for kind, names in MATTERS.items() for name in names}
_KIND_OF_COMPLAINT = {
    Complaint.ALLEGATION: Sensitivity.COLLEAGUE,
    Complaint.WHISTLEBLOWING: Sensitivity.GRIEVANCE,
    Complaint.GRIEVANCE: Sensitivity.GRIEVANCE,
}


def sensitivity(reading: Reading) -> Sensitivity | None:
    """Return what makes a question sensitive, None where nothing does; what the question before it showed holds for both.

    One that is about somebody in power, or on the route of a complaint, is always of a kind of which nothing is stored.
    """
    texts = dict.fromkeys((reading.question, *reading.meant))
    shown = [_kind_of(text) for text in texts]
    if reading.matters[0].likeness >= LIKENESS:
        shown.append(_KIND_OF_MATTER.get(reading.matters[0].name))
    if complaint := complaint_of(reading):
        shown.append(_KIND_OF_COMPLAINT[complaint])
    if any(map(concerned, texts)):
        shown.append(Sensitivity.COLLEAGUE)
    return next((kind for kind in Sensitivity if kind in shown), None)


def _kind_of(text: str) -> Sensitivity | None:
    whole = " ".join(normalize(text).split())
    plain = _HARMLESS.sub(" ; ", whole)
    if _UNION.search(plain):
        return Sensitivity.UNION
    if _PREGNANCY.search(plain):
        return Sensitivity.PREGNANCY
    if _HEALTH.search(plain) or _is_illness_at_work(plain):
        return Sensitivity.HEALTH
    if _PAY.search(plain):
        return Sensitivity.PAY
    if _GRIEVANCE.search(plain) or (_TROUBLE_AT_WORK.search(plain) and not _ABOUT_PUPILS.search(plain)):
        return Sensitivity.GRIEVANCE
    if has_happened(plain) or _OWN_CONDUCT.search(_SUPPOSED.sub(" ; ", plain)):
        return Sensitivity.OWN_CONDUCT
    if _COLLEAGUE.search(whole):
        return Sensitivity.COLLEAGUE
    return Sensitivity.CHILD if _CHILD.search(_ONLY_MIGHT.sub(" ; ", whole)) else None


def _is_illness_at_work(plain: str) -> bool:
    named = _ILLNESS_OF_SOMEBODY.sub(lambda match: " " if _OF_NO_PERSON.fullmatch(match[0]) else match[0], plain)
    return bool(_ILLNESS_OF_SOMEBODY.search(named)) and not _ABOUT_PUPILS.search(plain)
