"""Small talk: what is said to a bot and asks nothing of a policy."""

import re

from retrieval.analyzer import normalize

_GREETING = re.compile(
    r"(?:(?:(?:hi+|hiya|hey+|hello+|yo|good (?:morning|afternoon|evening|night)|morning|evening|afternoon)(?: (?:all|there|everyone|everybody|team|folks|bot|policybot|again))?|(?:thanks?(?: (?:you|so much|a lot|a million))?|thank you(?: (?:so|very) much)?|ta|cheers)(?: (?:pal|mate|love|duck|hun|petal|bot|drive|again|all))?|(?:you|u) (?:all ?right|ok(?:ay)?)|(?:you'?re|ur|you are|u r) (?:a|an) (?:star|legend|lifesaver|life saver|gem|angel)|ok(?:ay)?|great|brilliant|lovely|perfect|fab|nice one|got it|cool|"
    r"bye+|goodbye|see you|good ?night|have a (?:nice|good|great|lovely) \w+|you too|yes|no|yep|nope|sure|fine|never ?mind|sorry|wow|lol|haha+|hmm+|test|testing|that'?s (?:really |very |so )?(?:helpful|great|brilliant|useful|kind|all|it)|much appreciated|happy \w+|merry christmas)[\s,.!?]*)+"
)
_ABOUT_THE_BOT = re.compile(
    r"(?:(?:so )?(?:who|what)(?: even| the hell)? (?:are|r) (?:you|u|this)|are you (?:a )?(?:real|human|robot|bot|person|ai|there)\b.*|(?:u|ur|you|you'?re|your|you are)(?: \w+)? (?:useless|rubbish|stupid|dumb|crap|great|amazing|clever|brilliant|thick|hopeless|annoying|pointless|a joke)(?: bot)?|"
    r"(?:can you )?tell me a (?:joke|story)|sing .*|(?:this|that) (?:is )?(?:useless|rubbish|stupid|pointless|crap)|shut up|(?:piss|f\w+) off|how are (?:you|u|things)(?: (?:today|doing))?|what(?:'s| is) (?:your name|up)|do you (?:ever )?(?:sleep|dream|like .*)|i (?:love|hate) you|who made you)[\s,.!?]*"
)


def is_smalltalk(text: str) -> bool:
    """Tell whether a message is a greeting, thanks, a remark on the bot, or holds no word at all; "What do I do?" is a question."""
    plain = " ".join(normalize(text).split())
    return bool(_GREETING.fullmatch(plain) or _ABOUT_THE_BOT.fullmatch(plain) or not re.search(r"[^\W_]{2}", plain))
