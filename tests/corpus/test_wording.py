"""What a clause makes of a thing, by its wording: sentences from many kinds of policy, with what a careful head would say."""

import pytest

from corpus.clause import STRICTNESS, Party, Role, Stance
from corpus.wording import is_ruling, read_binding, read_roles, read_stance

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, S, I = Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL  # noqa: E741  should, and a fact

# Sentences that stand by themselves.
SENTENCES = [
    # code of conduct
    ("Staff must not swear in front of pupils.", F),
    ("Staff must never use physical punishment.", F),
    ("Sarcasm and humiliation are never acceptable.", F),
    ("Staff should dress smartly and safely for their role.", S),
    ("Jeans and trainers are not permitted except on sports day.", F),
    ("Employees may take on other paid work with the headteacher's written consent.", C),
    ("Staff must declare any second job to the headteacher.", R),
    ("Teachers should avoid being alone with a pupil in a closed room.", D),
    ("Staff should never give a pupil a lift unless a second adult is present.", F),
    ("Alcohol may not be consumed on the premises during the school day.", F),
    ("Smoking and vaping are prohibited anywhere on the school site.", F),
    ("Staff are expected to arrive ten minutes before the start of their first lesson.", R),
    ("Sexual relationships with pupils under 18 are a criminal offence.", F),
    ("Staff ought not to discuss their private lives with pupils.", D),
    ("Staff are asked not to wear strong perfume.", D),
    ("Staff shall under no circumstances lend money to pupils.", F),
    ("On no account should a member of staff share a bedroom with a pupil.", F),
    ("Staff are to refrain from commenting on pupils' appearance.", F),
    ("Staff are required to avoid any appearance of favouritism.", F),
    ("It is not appropriate for staff to discuss their own relationships in class.", F),
    ("It is best to avoid meeting parents socially.", D),
    ("Staff are not authorised to speak to the press.", F),
    # gifts, money
    ("Small gifts, such as a box of chocolates, may be accepted.", A),
    ("Gifts worth more than £25 must be declared to the school business manager.", R),
    ("Orders over £500 must be authorised by the headteacher.", C),
    ("Staff must not use school money for personal purchases.", F),
    ("Receipts should be handed in within a week.", S),
    ("Two signatures are required on every cheque.", R),
    # mobile phones and devices
    ("Mobile phones must be switched off during lessons.", R),
    ("Staff may use their phones in the staff room at break.", A),
    ("Personal phones may only be used in areas where there are no children.", C),
    ("Under no circumstances may a personal phone be used to photograph a child.", F),
    ("Phones should be kept out of sight while children are present.", S),
    ("Pupils in Year 6 may bring a phone to school if they walk home alone.", C),
    ("Visitors are asked to leave their phones at reception.", S),
    ("Smart watches are not to be used to send messages in class.", F),
    ("If a pupil is found with a phone, it will be confiscated and taken to the office.", I),
    ("None of these devices may be used in lessons.", F),
    ("Phones may be used neither in lessons nor in assemblies.", F),
    ("Neither phones nor tablets may be used in examinations.", F),
    ("Staff at the school will not use personal phones in class.", F),
    # acceptable use
    ("Passwords must not be shared with anyone.", F),
    ("Users must lock their screen when they leave the room.", R),
    ("Do not open attachments from unknown senders.", F),
    ("Ask the technician before you install any software.", R),
    ("Software may not be installed without the permission of the network manager.", C),
    ("Staff can borrow a laptop over the holidays.", A),
    ("Memory sticks should not be used to carry pupil data.", D),
    ("The school monitors all internet use on its network.", I),
    ("The school reserves the right to inspect any device connected to its network.", I),
    ("Deliberate misuse may lead to dismissal.", I),
    ("Personal use of the internet is allowed outside working hours.", A),
    ("Access to the server room is restricted to the technicians.", C),
    ("I will keep my password secret.", R),
    ("I will not share my password.", F),
    # social media
    ("Staff must not accept friend requests from pupils.", F),
    ("Staff are advised to set their profiles to private.", S),
    ("Staff are strongly advised against naming the school on their profiles.", D),
    ("Teachers should think carefully before posting any comment about their work.", S),
    ("Only the communications officer may post on the school's official accounts.", C),
    ("Photographs of pupils may be posted only where parents have given consent.", C),
    ("Friendship with parents online is discouraged.", D),
    ("There must be no contact with pupils by private message.", F),
    ("There should be no contact with recent leavers.", D),
    ("It is inadvisable to text parents.", D),
    # safeguarding
    ("All staff have a duty to report concerns about a child to the DSL.", R),
    ("Any concern must be passed to the designated safeguarding lead without delay.", R),
    ("Staff must never promise a child that they will keep a secret.", F),
    ("Do not ask leading questions.", F),
    ("If a child is in immediate danger, ring the police.", R),
    ("Anyone can make a referral to children's social care.", A),
    ("The headteacher will contact the LADO within one working day.", I),
    ("The DSL is responsible for keeping child protection files.", I),
    ("Staff may search a pupil only with the headteacher's authorisation.", C),
    ("Volunteers must not be left alone with children.", F),
    ("Contractors should be accompanied at all times.", S),
    ("Staff should listen calmly and should not interrupt the child.", D),
    ("At no time may pupils be left unsupervised.", F),
    ("In no case is a pupil to be restrained face down.", F),
    ("No one may start work before their DBS check has come back.", F),
    ("Staff will challenge any visitor who is not wearing a badge.", R),
    ("Staff must at no time leave the nursery gate open.", F),
    # behaviour
    ("Pupils must walk in the corridors.", R),
    ("Pupils are not allowed to leave the site at lunchtime without permission.", C),
    ("Children should line up quietly when the bell rings.", S),
    ("Chewing gum is banned.", F),
    ("Corporal punishment is unlawful.", F),
    ("Teachers may keep a pupil in at break for up to ten minutes.", A),
    ("The headteacher may exclude a pupil for a serious breach of the rules.", I),
    ("Reasonable force must never be used as a punishment.", F),
    ("Pupils are barred from the staff room.", F),
    ("Knives of any kind are not tolerated.", F),
    ("Pupils may use the library, except during examinations.", C),
    ("Pupils who bully others will be spoken to by the headteacher.", I),
    # attendance and leave
    ("Parents must telephone the school before 9 a.m. on the first day of absence.", R),
    ("Parents should not book holidays in term time.", D),
    ("Leave of absence will only be granted in exceptional circumstances.", C),
    ("The local authority may issue a penalty notice.", I),
    ("Staff cannot take annual leave during term time.", F),
    ("Staff may request unpaid leave for family emergencies.", A),
    ("Support staff are not expected to work beyond their hours.", I),
    ("Staff do not have to give a reason for a day of religious observance.", I),
    # health and safety, premises
    ("Fire doors must be kept shut at all times.", R),
    ("Fire exits must not be blocked.", F),
    ("It is forbidden to prop open fire doors.", F),
    ("Ladders may be used only by trained staff.", C),
    ("Staff are not required to fight fires.", I),
    ("Never lift a heavy load alone.", F),
    ("Hot drinks should not be carried past children unless they have a lid.", D),
    ("Wet floors should be reported to the caretaker.", S),
    ("Nobody is to enter the boiler room.", F),
    ("Only staff may use the lift.", C),
    ("Parents must not park on the zigzag lines.", F),
    ("Please do not park in the bus bay.", D),
    ("Please use the crossing.", S),
    ("Staff are reminded not to leave keys in doors.", D),
    ("Pets may visit with the headteacher's agreement.", C),
    ("The school cannot accept responsibility for lost property.", I),
    # visits and transport
    ("Every visit must be approved by the headteacher at least four weeks ahead.", C),
    ("Staff must not drink alcohol on residential visits.", F),
    ("Seat belts must be worn at all times.", R),
    ("No child may travel without a signed consent form.", C),
    ("Written permission must be obtained from a parent before any visit.", C),
    ("The visit leader will carry a first aid kit.", R),
    # medicines, first aid, food
    ("Staff must not give aspirin to a child unless a doctor has prescribed it.", F),
    ("Pupils may carry their own inhalers.", A),
    ("Medicines can only be given with written parental consent.", C),
    ("No medicine will be given without a parent's written consent.", C),
    ("First aiders should wear gloves.", S),
    ("Staff may volunteer to give medicines but are not obliged to do so.", A),
    ("Parents are requested not to send nuts in packed lunches.", D),
    # dress
    ("Hooped earrings are not to be worn.", F),
    ("Long hair must be tied back.", R),
    # data protection, photographs
    ("Personal data must not be kept longer than is necessary.", F),
    ("Paper records should not be taken home, unless they are kept in a locked bag.", D),
    ("Parents may withdraw their consent at any time.", A),
    ("Personal data means any information about a living person.", I),
    ("Parents may photograph their own child but must not post pictures of other children.", F),
    # whistleblowing, complaints, governors
    ("Staff should raise concerns with their line manager first.", S),
    ("Parents can appeal to the governing body.", A),
    ("Malicious allegations may lead to disciplinary action.", I),
    ("Governors must declare any interest at the start of each meeting.", R),
    ("Governors should not become involved in individual complaints.", D),
    # teaching
    ("Teachers are expected to mark books once a week.", R),
    ("Homework should take no longer than twenty minutes.", S),
    ("Teachers are free to choose their own reading books.", A),
    ("Staff are entitled to a break of twenty minutes.", A),
]

# Items with the words that introduce them.
ITEMS = [
    ("Staff must not:", "discuss pupils in public places;", F),
    ("Staff should not:", "leave a class alone unless there is an emergency;", D),
    ("Staff are expected to:", "treat all members of the school community with respect;", R),
    ("Unacceptable conduct includes:", "falsifying records;", F),
    ("Staff may use a personal mobile phone:", "in the staff room at lunchtime;", A),
    ("Mobile phones must not be:", "left in a bag in the classroom", F),
    ("Pupils must not:", "share their password with a friend;", F),
    ("I will:", "keep my password secret", R),
    ("If a child discloses abuse, staff must:", "write down what the child said;", R),
    ("If a child discloses abuse, staff must:", "not investigate the matter themselves;", F),
    ("Staff should:", "not make promises that they cannot keep", D),
    ("Staff should:", "avoid texting pupils", D),
    ("Staff should avoid:", "meeting pupils outside school", D),
    ("Staff may not:", "use the photocopier for private work", F),
    ("Pupils may:", "bring a bottle of water", A),
    ("It is not acceptable to:", "shout at children", F),
    ("The aims of this policy are to:", "keep children safe", I),
    ("Never:", "leave the medicine cupboard unlocked", F),
    ("Do not:", "forward chain letters", F),
    ("If you are worried about a child you must: when a child speaks to you, never:", "promise to keep it a secret", F),
    ("Staff should know these rules: in class, never:", "use a phone", D),
    ("Do:", "use your school address for all school business", R),
    ("Please do not:", "bring nuts into school", D),
    ("Photographs may be taken only if:", "the parent has given consent", C),
    ("Staff must not be alone with a pupil unless:", "another adult is within earshot", F),
    ("The following are prohibited:", "knives and other weapons", F),
    ("Pupils are not allowed to bring:", "fizzy drinks", F),
    ("Staff will:", "not use their phones in class", F),
    ("Staff must seek the headteacher's permission before they:", "take pupils off site", C),
    ("To keep the site secure:", "Do not prop the gate open.", F),
    ("If the alarm sounds:", "leave by the nearest safe door", R),
    ("If the alarm sounds:", "do not stop for coats or shoes", F),
    ("The following tips are general advice:", "Do not post when you are angry.", D),
    ("The following tips are general advice:", "Always log out of shared computers.", S),
    ("Staff should follow these principles:", "Pupils must not be tagged in pictures.", F),
    ("Social media includes:", "sites for sharing pictures", I),
]


@pytest.mark.parametrize(("words", "stance"), SENTENCES)
def test_a_sentence_makes_of_a_thing_what_a_careful_head_would_say(words: str, stance: Stance) -> None:
    assert read_stance(words).stance is stance


@pytest.mark.parametrize(("lead_in", "words", "stance"), ITEMS)
def test_an_item_makes_of_a_thing_what_it_says_after_its_lead_in(lead_in: str, words: str, stance: Stance) -> None:
    assert read_stance(words, lead_in).stance is stance


def test_the_tables_hold_enough_sentences_of_each_stance() -> None:
    given = [stance for *_, stance in [*SENTENCES, *ITEMS]]
    assert len(given) >= 120
    assert all(given.count(stance) >= 8 for stance in Stance)


@pytest.mark.parametrize(("lead_in", "words"), [*((None, row[0]) for row in SENTENCES), *(row[:2] for row in ITEMS)])
def test_deciding_words_and_the_second_stances_condition_are_the_clauses_own(lead_in: str | None, words: str) -> None:
    wording = read_stance(words, lead_in)
    assert wording.deciding in words
    assert bool(wording.deciding) is (wording.stance is not I)
    if wording.second:
        assert wording.second.when in words
        assert wording.second.stance is not wording.stance


@pytest.mark.parametrize(
    "words",
    [
        "Staff {ban} use the photocopier for private work.",
        "After school, staff {ban} use the hall.",
        "It is generous, but staff {ban} take it, and pupils may watch.",
    ],
)
@pytest.mark.parametrize(
    "ban",
    [
        "must not",
        "may not",
        "cannot",
        "can not",
        "must never",
        "may never",
        "are not allowed to",
        "are not permitted to",
        "are never to",
        "will not",
        "must under no circumstances",
        "are forbidden to",
        "are prohibited to",
        "shall not",
        "mustn't",
        "can't",
        "should never",
    ],
)
def test_every_form_of_a_plain_ban_is_a_ban(words: str, ban: str) -> None:
    assert read_stance(words.format(ban=ban)).stance is F


@pytest.mark.parametrize(
    ("loosened", "plain"),
    [
        ("Staff must not use phones unless the headteacher agrees.", "Staff must not use phones."),
        ("Staff should not use phones without permission.", "Staff should not use phones."),
    ],
)
def test_a_leave_to_be_asked_for_makes_a_ban_conditional_and_never_a_permission(loosened: str, plain: str) -> None:
    assert STRICTNESS.index(read_stance(plain).stance) < STRICTNESS.index(read_stance(loosened).stance) < 3


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("Staff may not use phones except in an emergency.", "except in an emergency"),
        ("No phone may be used other than in the staff room.", "other than in the staff room"),
        ("Phones are banned save in the staff room.", "save in the staff room"),
        ("Staff must not contact pupils (unless the pupil is a family member).", "unless the pupil is a family member"),
    ],
)
def test_a_ban_stands_unless_the_case_that_it_excepts_is_given(words: str, when: str) -> None:
    wording = read_stance(words)
    assert wording.stance is Stance.FORBIDDEN
    assert wording.second is not None
    assert (wording.second.stance, wording.second.when) == (Stance.CONDITIONAL, when)


SECOND = [
    # words, stance, second stance, its condition or rule
    (
        "Staff may use phones at break but must not use them in corridors.",
        F,
        A,
        "may use phones at break",
    ),
    ("Pupils must not run indoors, but they may run on the field.", F, A, "may run on the field"),
    (
        "Staff should keep a record of the abuse and should not reply to it.",
        D,
        S,
        "should keep a record of the abuse",
    ),
    (
        "Staff must not photograph pupils, and should not photograph colleagues without their permission.",
        F,
        C,
        "should not photograph colleagues without their permission",
    ),
    (
        "If staff use their own car for school business, they must hold business insurance.",
        R,
        C,
        "If staff use their own car for school business",
    ),
    (
        "Staff will not meet a pupil online if the relationship is purely professional.",
        F,
        C,
        "if the relationship is purely professional",
    ),
    ("Staff must report the loss and should change their password.", R, S, "should change their password"),
    (
        "Staff must ask the office and must not reply without written approval.",
        R,
        C,
        "must not reply without written approval",
    ),
]


@pytest.mark.parametrize(("words", "stance", "second", "when"), SECOND)
def test_the_stricter_rule_is_the_headline_and_the_other_the_second_stance(
    words: str, stance: Stance, second: Stance, when: str
) -> None:
    wording = read_stance(words)
    assert wording.stance is stance
    assert wording.second is not None
    assert (wording.second.stance, wording.second.when) == (second, when)


@pytest.mark.parametrize(
    "words",
    [
        "Staff must not use phones in class.",
        "Photographs may only be taken by staff, and may be displayed in school.",
        "Staff must lock the door and must hand in the key.",
        "The school may monitor its network, and may read what is sent.",
    ],
)
def test_one_rule_has_no_second_stance(words: str) -> None:
    assert read_stance(words).second is None


DECIDING = [
    (None, "After lunch, pupils must wash their hands.", "must wash their hands"),
    (
        None,
        "Staff should not share passwords (not even with a technician).",
        "should not share passwords (not even with a technician)",
    ),
    (None, "The gate is locked at nine. Parents must not climb over it.", "must not climb over it"),
    (
        None,
        "Staff must not take photographs of pupils on their own phones, not even on trips.",
        "must not take photographs of pupils on their own phones, not even on trips",
    ),
    ("Staff must not:", "take pictures; or", "take pictures"),
    (None, "Staff must not text pupils.", "must not text pupils"),
    (None, "Staff must lock up and pupils may go home.", "must lock up"),
    (None, "The school has four cameras.", ""),
]


@pytest.mark.parametrize(("lead_in", "words", "deciding"), DECIDING)
def test_the_deciding_words_run_from_the_rule_to_the_end_of_the_thought(lead_in: str | None, words: str, deciding: str) -> None:
    assert read_stance(words, lead_in).deciding == deciding


@pytest.mark.parametrize(
    ("sentence", "rules"),
    [
        ("Staff must sign in.", True),
        ("Do not run.", True),
        ("Parents may wait in the hall.", True),
        ("The school has two gates.", False),
        ("Breaches may lead to dismissal.", False),
    ],
)
def test_a_rule_is_told_from_a_fact(sentence: str, rules: bool) -> None:
    assert is_ruling(sentence) is rules


BINDING = [
    # lead-in, words, heading, whom it binds
    (None, "Staff must not smoke.", "", "staff"),
    (None, "Pupils must walk in the corridors.", "", "pupils"),
    (None, "Students should hand in homework on time.", "", "pupils"),
    (None, "Parents should not book holidays in term time.", "", "parents"),
    (None, "Carers may wait in the hall.", "", "parents"),
    (None, "Pupils and parents must not film lessons.", "", "pupils parents"),
    (None, "Visitors must sign in at the office.", "", "visitors"),
    (None, "Volunteers must not be left alone with children.", "", "volunteers"),
    (None, "Contractors should be accompanied at all times.", "", "contractors"),
    (None, "Governors must declare any interest.", "", "governors"),
    (None, "Staff, parents and visitors are prohibited from smoking.", "", "staff parents visitors"),
    (None, "Staff must respect the privacy of pupils.", "", "staff"),
    (None, "Teachers should not text parents.", "", "staff"),
    (None, "Any message from a pupil must be reported.", "", "staff"),
    (None, "Chewing gum is banned.", "", "staff"),
    (None, "Chewing gum is banned.", "Pupils", "pupils"),
    (None, "Phones must be switched off.", "Parents and carers", "parents"),
    (None, "Staff must switch off their phones.", "Parents", "staff"),
    ("Pupils must not:", "share their password;", "", "pupils"),
    ("Parents are asked to:", "label all clothing", "Uniform", "parents"),
    ("In school:", "Phones must be off.", "Pupils", "pupils"),
    (None, "The headteacher may exclude a pupil for bullying.", "", "pupils"),
    (None, "The school will inform parents of any accident.", "", "parents"),
    (None, "This policy applies to staff, pupils and parents.", "", "staff"),
    (None, "For the purposes of this policy, parents includes carers.", "", "staff"),
    (None, "To reduce bullying, children are not allowed to bring phones.", "", "pupils"),
    (None, "No pupil may leave the site at lunchtime.", "", "pupils"),
    (None, "No parent or visitor may film in the pool.", "", "parents visitors"),
    (None, "No photograph of a child may be taken.", "", "staff"),
    (None, "Any allegation that a member of staff has harmed a child must be reported.", "", "staff"),
    (None, "Papers that name pupils should not be taken home.", "", "staff"),
    (None, "If a pupil makes contact, the member of staff must not reply.", "", "staff"),
    (None, "If parents continue to break the rules, the school may ban cameras.", "", "parents"),
    (None, "Staff who carry pupils in their cars must hold insurance.", "", "staff"),
    (None, "The child protection file must be locked away.", "", "staff"),
    (None, "Give the child time and do not ask leading questions.", "", "staff"),
    ("If a child tells you about a worry, you should:", "stay calm", "", "staff"),
]


@pytest.mark.parametrize(("lead_in", "words", "heading", "binds"), BINDING)
def test_a_clause_binds_its_subject_else_its_lead_ins_else_its_headings_else_staff(
    lead_in: str | None, words: str, heading: str, binds: str
) -> None:
    deciding = read_stance(words, lead_in).deciding
    found = read_binding(words, lead_in, (heading,) if heading else (), deciding)
    assert found == tuple(Party(party) for party in binds.split())


ROLES = [
    ("Staff must declare any second job to the headteacher.", "headteacher"),
    ("The Head Teacher will decide.", "headteacher"),
    ("Speak to the principal.", "headteacher"),
    ("Tell the DSL at once.", "dsl"),
    ("Any concern must be passed to the designated safeguarding lead.", "dsl"),
    ("Report to the designated school child protection colleague.", "dsl"),
    ("Parents can appeal to the governing body.", "governors"),
    ("Write to the chair of governors.", "governors"),
    ("Staff should raise concerns with their line manager first.", "line_manager"),
    ("Tell your manager.", "line_manager"),
    ("A member of the senior leadership team must be told.", "slt"),
    ("Ring the deputy head before 7.30 a.m.", "slt"),
    ("If a child is in immediate danger, ring the police.", "police"),
    ("The headteacher will contact the LADO within one working day.", "headteacher local_authority"),
    ("Anyone can make a referral to children's social care.", "local_authority"),
    ("Tell the headteacher or, in her absence, the DSL.", "headteacher dsl"),
    ("Staff must not use phones in class.", ""),
    ("Posts must not harm the reputation of the governing body.", ""),
    ("Staff must not disclose what is confidential to the local authority.", ""),
    ("This policy applies to governors and the headteacher.", ""),
    ("Allegations against the headteacher must be reported to the chair of governors.", "governors"),
    ("Concerns about the headteacher should be raised with the chair of governors.", "governors"),
    ("If the concern is about the headteacher, report it to the chair of governors.", "governors"),
    ("If the worry is about the DSL, go to the headteacher.", "headteacher"),
    ("Questions about this policy should be put to the headteacher.", "headteacher"),
    ("Pupils who bring a phone to school must hand it to the headteacher.", "headteacher"),
    ("Governors must declare any interest to the chair of governors.", "governors"),
    ("Staff must not bring the governing body into disrepute.", ""),
    ("This policy covers visits. Each visit must be approved by the headteacher.", "headteacher"),
]


@pytest.mark.parametrize(("words", "roles"), ROLES)
def test_a_clause_names_the_roles_that_act_or_are_told_and_not_those_at_stake(words: str, roles: str) -> None:
    assert read_roles(words) == tuple(Role(role) for role in roles.split())
