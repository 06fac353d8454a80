"""What is urgent, what is small talk, and what is a question for the policies: in the words that staff type."""

from collections.abc import Callable

import pytest

from bot.asking import LONGEST_QUESTION
from corpus.clause import Clause, Policy, Section, Stance
from retrieval.decision import Outcome, decide
from retrieval.index import Index
from retrieval.urgency import Danger
from tests.growth import assert_grows_in_proportion

RULES = (
    "Staff must not accept friend requests from pupils.",
    "Staff must report messages from pupils to the headteacher.",
    "Photographs of pupils must not be posted on social media.",
    "All staff complete safeguarding and child protection training each year.",
)


@pytest.fixture(scope="module")
def index(index_of: Callable[..., Index]) -> Index:
    clauses = tuple(Clause(f"1.{at}", f"1.{at}", "", rule, (), Stance.FORBIDDEN) for at, rule in enumerate(RULES, 1))
    return index_of(Policy("hillside", "conduct", "Conduct", (Section("", "", 1, "", (), clauses),)))


URGENT = {
    "a child means to harm itself": [
        "A girl in my class says she wants to die and I've only just seen the message.",
        "yr6 lad wrote in his book that he wishes he was dead",
        "one of my girls has fresh cuts all up her arm",
        "A pupil has told me he is thinking of killing himself",
        "found a note in her tray saying she doesnt want to be here anymore",
        "a child in my form has taken a load of tablets what do i do",
        "Is self harm something I have to report tonight or can it wait till Monday?",
    ],
    "a child is hurt at home": [
        "Little boy in reception said daddy smacked him with a belt",
        "y4 girl came in with a black eye says she walked into a door",
        "child got hand shaped bruises on her arm",
        "Her brother told me that their stepfather burns her with cigarettes.",
        "mum's boyfriend is hitting one of my kids",
        "A boy flinched when I raised my hand and then said his uncle punches him.",
        "she begged me not to ring home because dad will batter her",
    ],
    "a child is sexually abused": [
        "A pupil has just disclosed sexual abuse to me at lunch. What now?",
        "year 2 girl says grandad puts his hand in her knickers",
        "one of my lads told me his cousin touches his private parts",
        "She asked if it is normal for her dad to get into bed with her and touch her.",
        "child drew a picture of a man with no trousers on top of her",
        "I think a child in my class is being sexually abused",
    ],
    "a child is neglected": [
        "Two of ours come in filthy and starving every day, there's never any food at home",
        "kid in my class hasnt eaten since friday says mum is always asleep",
        "Year 3 boy told me he's been left on his own at home all weekend.",
        "the children are sleeping on the floor with no heating and mum is drunk all the time",
        "I'm worried that a child is being neglected",
    ],
    "a stranger is after a child": [
        "A Year 6 says a man she met on Roblox wants her address.",
        "some grown up is messaging our pupils on discord pretending to be 12",
        "Someone on Snapchat has asked one of my girls for pictures of herself in the bath",
        "think one of my year 5s is being groomed online",
        "There is a man hanging round the gates offering the kids sweets to get in his car",
        "pupil told me her online boyfriend is 25",
        "he is going to meet someone off fortnite after school on his own",
    ],
    "indecent images": [
        "There's a naked photo of one of our Year 6 girls going round on WhatsApp",
        "a boy has shared nudes of his ex in the class group chat",
        "i borrowed a colleagues phone and there were photos of undressed children on it",
        "A child has shown me a porn video that an older boy sent her.",
        "what do i do if a pupil sends me a nude",
        "Someone's been taking photos up the girls' skirts in the corridor",
    ],
    "a colleague may harm a child": [
        "I saw a teaching assistant hit a child today",
        "The caretaker keeps hugging one girl behind the bike sheds and I feel sick about it",
        "another teacher has been texting a pupil saying he loves her",
        "our coach locked a boy in the cupboard as a punishment",
        "I think the deputy head is having a relationship with a sixth former",
        "supply teacher grabbed a kid by the throat",
        "The headteacher slapped a pupil. Who do I tell?",
        "the dinner lady shook a little one really hard",
    ],
    "a child is missing": [
        "A boy's gone missing from the playground",
        "cant find one of my reception kids on the trip",
        "She has run away from home and texted me from the station",
        "pupil didnt come home last night mum is asking me on facebook where she is",
    ],
    "a threat or a weapon": [
        "There's a kid with a knife in the toilets",
        "A dad has just messaged the page saying he'll burn the school down",
        "parent says he is coming up tomorrow to smash my face in",
        "someone posted that they are going to shoot up the school",
        "an ex pupil has threatened to kill me online",
        "one of the year 10s told me he has brought a gun in",
    ],
    "exploitation and other crimes against children": [
        "I think a pupil is being taken abroad in the holidays to be married",
        "her mum says they are going back home to have her cut",
        "One of our boys has got new trainers and two phones and I think he is running drugs",
        "an older lad is getting year 6s to carry packages for him",
        "I am worried a pupil is being radicalised online",
        "a girl told me she is being made to have sex with men for money",
    ],
    "violence at home": [
        "Child came in shaking because dad beat mum up last night",
        "he said his mum's boyfriend strangled her in front of him",
        "A mum has told me at the gate that her husband hits her and the kids see it.",
    ],
    "the asker is at risk": [
        "I can't do this any more, I want to end it all",
        "parents posting about me has made me feel suicidal",
        "honestly id be better off dead",
        "i keep thinking about killing myself since the complaint",
    ],
    "a child is hurt by another child": [
        "Two Year 6 boys held a girl down and touched her",
        "a pupil has been raped by another pupil",
        "They filmed him being beaten up and put it on TikTok. He's nine.",
        "a group of y9s are beating up a boy in the toilets right now",
    ],
    "a worry without more": [
        "worried about a child",
        "I am worried about a child",
        "I'm really worried about a pupil in my class, who do I tell?",
        "a child has told me something awful and made me promise not to tell",
        "I think one of my children is at risk",
        "shes scared to go home tonight",
        "a kid just made a disclosure to me",
    ],
}

# The same kinds, said as people do who cannot bring themselves to say it.
OBLIQUE = [
    "A boy in Year 5 keeps hitting his head against the wall and saying nobody would miss him",
    "she's written a goodbye letter to her friends",
    "He showed me where he'd been scratching himself with a compass",
    "pupil rang the office saying she's on a bridge",
    "Her stepfather threw her down the stairs, she says",
    "a mum is pulling her son's hair and screaming at him in the car park, now",
    "kid says he gets the belt if he wets the bed",
    "Her arm is broken for the third time this year and the story keeps changing",
    "There's finger marks round a toddler's neck",
    "my teaching assistant says a child has told her that her brother gets into her bed at night",
    "year 1 boy says his babysitter plays secret games with him with no clothes on",
    "a little girl is drawing willies and says daddy's gets big",
    "she told me her uncle makes her watch dirty films",
    "One of the twins has had nits for months, stinks of wee and steals food from other children's bags",
    "baby sister left alone with the six year old while mum goes to the pub",
    "I visited and there were needles on the floor and the toddler crawling about",
    "A Year 4 told me a boy she's never met is sending her robux if she sends selfies in her underwear",
    "one of my old pupils says her football coach wants to meet in a hotel",
    "There are photographs of our pupils on a porn site",
    "A lad showed me a video of a teacher kissing a year 11",
    "the PE teacher watches the girls get changed",
    "I heard a member of staff call a child into the store cupboard and lock the door",
    "our TA smells of alcohol and dropped a baby",
    "the head of year has been giving one girl lifts home and presents",
    "a volunteer took pictures of the children in the changing room",
    "we've lost a child at the museum",
    "two of my class have not come back from the toilets and the back gate is open",
    "A father is trying to take his children out of school and there is a court order against him",
    "A man has climbed over the fence and is in the playground",
    "a parent is at reception shouting that he will kill the head",
    "someone has put a note through saying there is a bomb",
    "I've been sent a picture of a gun by a parent with my name on it",
    "a student said he's going to do a columbine on friday",
    "Her family are flying her to Somalia this summer to be cut",
    "She's 15 and her parents have found her a husband",
    "A child said his dad is a fighter in Syria and he wants to go too",
    "year 9 boy has £500 in his bag and is terrified of some men waiting outside",
    "I'm sitting in my car with a bottle of pills",
    "nobody would notice if I was gone",
    "I've had enough of living",
    "my husband hits me and he's coming to school",
    "One of our girls is pregnant and she's 13",
    "a pupil says she was drugged at a party and doesn't remember what happened",
    "boys in year 6 are making a girl show them her underwear for sweets",
    "kids are filming a lad being stamped on",
    "a pupil told me he is going to jump off the multi storey",
    "found blades in her pencil case",
    "a girl has stopped eating and weighs nothing",
    "He is covered in bruises",
    "I overheard a dad tell his daughter he'd break her legs",
    "Her nan told me the step dad is a convicted sex offender and he's moved in",
    "she has love bites and she is eleven",
    "a reception child is acting out sex with the dolls",
    "the children say their dad shows them rude films",
    "A child told me he gets locked in the shed",
    "Three weeks in the same clothes and no coat, and he eats out of the bin",
    "There's a grown man following a Year 5 girl home",
    "the ice cream man gave a girl his phone number",
    "a man tried to grab one of our pupils on the way to school",
    "pupils have made a fake nude of a classmate with an app",
    "I found a camera in the girls' toilets",
    "A colleague sends pupils messages on Snapchat that disappear",
    "The new coach asked a boy to sit on his knee",
    "the TA force fed a child",
    "My colleague tied a little boy to his chair",
    "A girl ran out of the gate and we can't catch her",
    "a parent said he will be waiting for me with a baseball bat",
    "a lad says he has a list of people he is going to hurt",
    "someone sent me a photo of my front door saying watch your back",
    "a boy has been given a phone by some men and has to go when they ring",
    "She's being sent to Pakistan to marry her cousin",
    "dad has taken the baby and says we will never see them again",
    "I've taken some tablets",
    "don't see the point in being alive any more",
    "A girl says her mum makes her sleep with the lodger",
    "He has a rope in his bag and won't say why",
    "One of my class turned up with a cigarette burn on her hand",
    "she told the lunchtime lady that mummy's friend takes pictures of her in the bath",
    "pupil says he hears his mum screaming every night and he's scared",
    "A boy says his big cousin makes him do things he doesn't like",
    "I think somebody at home is hitting her",
    "A Year 3 has a cracked rib and dad says he fell off the sofa",
    "the teacher next door screams in children's faces and pulled one by the hair",
    "a governor has been sending friend requests to girls in year 6 and asking them to keep it quiet",
    "girl on the trip isn't on the coach and we've left",
    "a masked man is at the front gate with a hammer",
    "yr 8 says shes being blackmailed over a pic",
    "her dad told me he will drown her",
    "he says life isn't worth living, he is ten",
    "A child has written a story about being touched by her babysitter",
    "Little girl says a bad man came to her house and hurt mummy",
    "My pupil's been sleeping in a bus shelter",
    "I want it all to stop, I can't face another day",
    "A lad has a pellet gun in his rucksack",
    "dad keeps ringing threatening to come in and snatch the kids",
]

ORDINARY = [
    # safeguarding as a subject
    "Who is our designated safeguarding lead?",
    "Do I have to do the safeguarding training every year?",
    "where is the safeguarding policy kept",
    "Does the social media policy mention safeguarding?",
    "when is the child protection training",
    "Is child protection training compulsory for volunteers?",
    "how do i get my level 2 safeguarding certificate",
    "Who updates the single central record?",
    "Are governors trained in safeguarding?",
    "What does KCSIE say about online safety lessons?",
    "Can I post about Safer Internet Day on the school's page?",
    "Do we teach the children about stranger danger?",
    "Which lessons cover bullying?",
    "What is our anti-bullying policy called?",
    "Is online bullying between staff covered?",
    "Do parent helpers need a DBS check?",
    "How long do we keep child protection files?",
    "Which policy covers the abuse of office equipment?",
    "Is swearing at a colleague online treated as abuse?",
    "Can parents be banned for abusing staff on Facebook?",
    # photographs
    "Can I take photographs of children on a school trip?",
    "may i post pictures of my class on the school twitter",
    "Do I need consent to film the nativity?",
    "Can I use my own phone to take a photo of a pupil's work?",
    "Are parents allowed to take photos at sports day?",
    "can parents film their children in the swimming gala",
    "Who deletes the photos of leavers from the website?",
    "Can I keep pictures of pupils on my laptop?",
    "May I put a photo of my own child at school on Instagram?",
    "A parent has sent me a lovely photo of her daughter. Can I keep it?",
    "Can we put a video of the year 6 play on YouTube?",
    "Is it ok to send a mum a photo of her little boy settling in?",
    "Someone has tagged me in a photo from a hen night, do I need to take it down?",
    "Can staff post holiday pictures in swimwear?",
    # figures of speech
    "How are we hitting our targets for attendance?",
    "We've got half an hour to kill before the coach comes, can they use the iPads?",
    "killing time on my phone at lunch ok?",
    "Our rounders team got beaten again, can I put the score on Facebook?",
    "We beat St Mary's 3-0! Can I tweet it?",
    "that inset day nearly killed me, can i say so on facebook",
    "I'm dying to share the results, may I?",
    "This laptop is killing me. Who fixes it?",
    "Can I post that we smashed our SATs?",
    "The kids absolutely smashed their assembly, can I share a clip?",
    "Can I share a post about the boys' cricket team hitting a six?",
    "We're shooting a film about the Tudors with the children, who signs it off?",
    "Can the children cut out pictures from magazines?",
    "Do we cut the hedges ourselves?",
    "Can I burn a CD of the school concert for parents?",
    "The photocopier has died again",
    "Is there a policy on hot drinks in case someone gets burnt?",
    "can i run a running club after school",
    "We shot up the league table, can I tweet that?",
    # friends, messages, parents
    "A pupil has sent me a friend request. What do I do?",
    "A pupil has messaged me. Who do I tell?",
    "an ex pupil wants to meet me for coffee",
    "can i text a parent from my own phone",
    "A child in my class has asked to follow me on TikTok",
    "Can I meet a parent for a drink?",
    "Can I message a pupil's dad about football practice?",
    "Am I allowed to give a pupil a lift home?",
    "One of my pupils told me she has a Snapchat account and she's nine. Does it matter?",
    "A parent has threatened to complain to Ofsted, what do I do?",
    "A mum is threatening to leave a bad review",
    "parents are slagging me off on facebook",
    "A parent has called me useless in the class WhatsApp group",
    "My own daughter goes to this school, can I be her friend online?",
    "Can I hug a child who has fallen over?",
    "What do I do if a parent keeps sending me messages late at night?",
    "a colleague is being rude about the head online",
    "Can a teacher and a teaching assistant in a relationship work in one class?",
    "Somebody has set up a fake account in my name",
    # everything else
    "Can I bring my dog to school?",
    "how do i report sick",
    "Can I have my phone in my pocket when I'm with the children?",
    "who do i tell if i lose my school laptop",
    "May I work for a tuition company in the holidays?",
    "What happens if I break the policy?",
    "Am I at risk of being disciplined for a private post?",
    "I'm worried about my workload",
    "I am worried about my class's reading results",
    "who do i speak to about a missing parcel",
    "What counts as harm to the school's reputation?",
    "Is there a first aid kit for the trip?",
    "Who locks the gates at night?",
    "Can I wear shorts in hot weather?",
    "What if I accidentally open an inappropriate website in class?",
    "A pupil has not handed in his homework again, can I message home?",
    "Can children use the microwave?",
    "Do I have to eat lunch with the children?",
]

SMALLTALK = [
    "hello", "Hi!", "hiya", "hey there", "Good morning", "good afternoon all", "morning", "Thanks!", "thank you so much", "ta",
    "cheers", "ok", "okay thanks", "great, thank you", "brilliant cheers", "bye", "see you", "Good night", "lol", "test",
    "who are you", "what are you?", "are you a robot", "Are you a real person?", "tell me a joke", "how are you?",
    "how are you today", "you're useless", "ur rubbish", "this is pointless", "you are brilliant", "what's your name",
    "that's really helpful", "no", "yes", "hmm", "never mind", "have a nice weekend", "Merry Christmas!", "shut up",
]  # fmt: skip

# Greetings before a question do not make it small talk.
QUESTIONS_AFTER_A_GREETING = [
    "hi can i post photos of pupils",
    "Hello! Can I accept a friend request from a pupil?",
    "Thanks, and what about messages from pupils?",
    "ok but can I post a photograph on social media",
    "good morning, who do I report messages to",
]


@pytest.mark.parametrize("message", [*(message for messages in URGENT.values() for message in messages), *OBLIQUE])
def test_a_message_that_a_child_or_the_asker_may_be_at_risk_is_urgent(index: Index, message: str) -> None:
    assert decide(message, (), index).outcome is Outcome.URGENT


@pytest.mark.parametrize("message", ORDINARY)
def test_a_message_that_only_sounds_like_it_is_not_urgent(index: Index, message: str) -> None:
    assert decide(message, (), index).outcome is not Outcome.URGENT


@pytest.mark.parametrize("message", SMALLTALK)
def test_small_talk_is_answered_as_such(index: Index, message: str) -> None:
    decision = decide(message, (), index)
    assert (decision.outcome, decision.governing) == (Outcome.SMALLTALK, None)


@pytest.mark.parametrize("message", QUESTIONS_AFTER_A_GREETING)
def test_a_question_after_a_greeting_is_a_question(index: Index, message: str) -> None:
    assert decide(message, (), index).outcome is not Outcome.SMALLTALK


ROUTES = [
    ("a worry without more", Danger.CHILD_AT_RISK),
    ("a child is hurt at home", Danger.CHILD_AT_RISK),
    ("indecent images", Danger.INDECENT_IMAGE),
    ("a colleague may harm a child", Danger.ALLEGATION),
    ("a threat or a weapon", Danger.THREAT),
    ("the asker is at risk", Danger.ASKER_AT_RISK),
]


@pytest.mark.parametrize(("kind", "danger"), ROUTES)
def test_most_messages_of_a_kind_lead_to_its_own_route(index: Index, kind: str, danger: Danger) -> None:
    routes = [decide(message, (), index).danger for message in URGENT[kind]]
    assert routes.count(danger) * 3 >= len(routes) * 2


QUOTED = [
    "One of my pupils wrote in her diary: I want to die",
    "A boy in my class said he is going to kill himself",
    "a child messaged me saying i want to end it all",
]


@pytest.mark.parametrize("message", QUOTED)
def test_what_a_child_says_of_itself_is_not_taken_for_the_askers_own_words(index: Index, message: str) -> None:
    assert decide(message, (), index).danger is Danger.CHILD_AT_RISK


@pytest.mark.parametrize("later", ["What do I do?", "who do i tell", "hello?", "ok"])
def test_after_an_urgent_message_the_next_is_urgent_too(index: Index, later: str) -> None:
    assert decide(later, ("A child has told me that her dad hits her",), index).outcome in (Outcome.URGENT, Outcome.SMALLTALK)
    assert decide("What do I do?", ("A child has told me that her dad hits her",), index).outcome is Outcome.URGENT


@pytest.mark.parametrize(
    "beginning", ["a child and a man and ", "sent photos of her ", "one of my one of our ", "he says she says "]
)
def test_the_time_to_read_a_message_grows_in_proportion_to_it(index: Index, beginning: str) -> None:
    assert_grows_in_proportion(lambda size: decide((beginning * 400)[:size], (), index), LONGEST_QUESTION)
