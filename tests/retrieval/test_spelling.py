"""Slips that are mended, and words that never are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.asking import LONGEST_QUESTION
from bot.bootstrap import Indexes
from retrieval import library
from retrieval.decision import Outcome, decide
from retrieval.errors import RetrievalError
from retrieval.explaining import explain
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from retrieval.library import read_abbreviations
from retrieval.reading import read
from retrieval.sides import Side
from retrieval.spelling import FEWEST, MOST_UNKNOWN, PROTECTED, Spelling, Vocabulary, count_words
from tests.growth import assert_grows_in_proportion


@pytest.fixture(scope="module")
def spelling(knowledge: Knowledge) -> Spelling:
    """The spelling of a school with one clause."""
    own = ["The peripatetic teacher signs the register."]
    return Spelling(lambda: knowledge.vocabulary, lambda: knowledge.abbreviations, lambda: own, knowledge.vectors.is_word)


def small(counts: dict[str, int]) -> Spelling:
    """Return the spelling of somebody who knows these words alone."""
    return Spelling(lambda: Vocabulary(counts), dict, list, lambda _: False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("can I post a phto of my class", "can I post a photo of my class"),  # a letter left out
        ("can I post a phooto", "can I post a photo"),  # a letter doubled
        ("can I post a pohto", "can I post a photo"),  # two letters swapped
        ("can I post a ohpto", "can I post a ohpto"),  # too far gone
        ("my husbend saw it", "my husband saw it"),  # by ear
        ("a firend request on faecbook", "a friend request on facebook"),
        ("is it confidetnail", "is it confidential"),  # two edits in a long word
        ("our policy on socialmedia", "our policy on social media"),
        ("canI add her", "can i add her"),
        ("a mum's scohol's page", "a mum's school's page"),
        ("the peripatetc teacher", "the peripatetic teacher"),  # the school's own word
        ("on Faceboook or Instagrm", "on facebook or instagram"),  # names that are long and near
        ("wa me tmw plz", "whatsapp me tomorrow please"),
    ],
)
def test_a_slip_is_mended(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "is the parent present",
        "one of my mums has added me on fb ok to say yes",
        "sexting is not texting, and a vlog is no blog",
        "he stank of drink and was lugging a brill atypical backless thing",
        "do you unfollow, repost and doomscroll",
        "mustnt shouldnt couldnt mightnt",
        "a parnet, a pupli, a presnt: nevr withuot onyl",  # near a word that turns the meaning
        "expupil nonparent notparent notallowed",
        "ask Mrs Poste, Priya or Kayla about Ztudy",
        "jo.smiht@schol.org.uk @scholl #scholl www.scholl.uk scholl/scholl",
        "p4hoto 12.30 yr6",
        "qzxjv wvutsrq",
    ],
)
def test_what_is_known_protected_or_not_plain_stays_as_it_was_typed(spelling: Spelling, text: str) -> None:
    assert spelling.correct(text) == text


@given(numbers=st.lists(st.integers(0, 10_000), max_size=12))
@settings(max_examples=150)
def test_words_that_are_known_never_change(spelling: Spelling, knowledge: Knowledge, numbers: list[int]) -> None:
    known = [word for word, count in knowledge.vocabulary.items() if count >= FEWEST and word not in knowledge.abbreviations]
    text = " ".join(known[number % len(known)] for number in numbers)
    assert spelling.correct(text) == text


@given(text=st.text(max_size=200) | st.text(alphabet="aeiprsnt'’ -.@P7", max_size=120))
@settings(max_examples=200)
def test_any_text_can_be_corrected(spelling: Spelling, text: str) -> None:
    spelling.correct(text)


@pytest.mark.parametrize(
    "word", ["parent", "parents", "present", "pupil", "pupils", "without", "nothing", "never", "shouldn't", "dont"]
)
def test_no_slip_becomes_a_word_that_turns_the_meaning(spelling: Spelling, word: str) -> None:
    for at in range(1, len(word)):
        for put in ("", *"abcdefghijklmnopqrstuvwxyz", word[at] * 2):
            typed = word[:at] + put + word[at + 1 :]
            turned = {one for one in count_words([spelling.correct(typed)]) if PROTECTED.fullmatch(one)}
            assert turned <= set(count_words([typed])), typed


def test_of_two_words_as_near_only_a_much_commoner_one_is_meant() -> None:
    assert small({"photos": 10, "photon": 9}).correct("photo") == "photo"
    assert small({"photos": 100, "photon": 9}).correct("photo") == "photos"


def test_a_rare_word_is_not_what_is_meant() -> None:
    assert small({"definately": FEWEST - 1}).correct("definatelyy") == "definatelyy"


def test_one_edit_is_likelier_than_two_words() -> None:
    assert small({"less": 50, "son": 50, "lesson": 50}).correct("lessson") == "lesson"
    assert small({"less": 50, "son": 50}).correct("lessson") == "less son"


def test_only_so_many_unknown_words_are_looked_at() -> None:
    assert small({"photo": 50}).correct("phto " * 20).split().count("photo") == MOST_UNKNOWN


@pytest.mark.parametrize("text", ["." * LONGEST_QUESTION, "Ab. " * 1000, "aeiou" * 800, "phto'" * 800])
def test_the_time_to_correct_a_text_grows_in_proportion_to_it(spelling: Spelling, text: str) -> None:
    assert_grows_in_proportion(lambda size: spelling.correct(text[:size]), len(text))


def test_what_is_searched_with_is_what_was_meant_and_the_question_stays(demo: Indexes) -> None:
    index = demo.of("chase-terrace")
    typed, plain = (read(text, [], index) for text in ("can I post a phto of a fmaily", "can I post a photo of a family"))
    assert typed.question == "can I post a phto of a fmaily"
    assert typed.terms == plain.terms
    assert (typed.vector == plain.vector).all()
    assert typed.sides == plain.sides == {Side.PARENT}


def test_no_correction_makes_a_message_harmless(demo: Indexes, monkeypatch: pytest.MonkeyPatch) -> None:
    index = demo.of("chase-terrace")
    urgent = "a boy in my class says he wants to kill himself"
    monkeypatch.setattr(index.spelling, "correct", lambda _text: "can I wear trainers")
    assert decide(urgent, [], index).outcome is Outcome.URGENT
    assert decide("what do I do", [urgent], index).outcome is Outcome.URGENT
    assert decide("may I wear a hat", [], index).outcome is not Outcome.URGENT


def test_a_slip_does_not_hide_an_urgent_message(demo: Indexes) -> None:
    assert decide("a girl told me her uncle tuoches her at nihgt", [], demo.of("coniston")).outcome is Outcome.URGENT


def test_explain_says_what_was_mended_and_else_nothing(demo: Indexes) -> None:
    index = demo.of("chase-terrace")
    assert "slips mended, read as: can I post a photo" in explain("can I post a phto", [], index)
    assert not any("mended" in line for line in explain("can I post a photo", [], index))


def test_a_document_without_wordings_lends_its_own_words(index_of: Callable[..., Index], demo: Indexes) -> None:
    policy = demo.of("coniston").policies[0]
    own = index_of(policy)
    assert own.spelling.correct("is it proffesional") == "is it professional"


def test_every_abbreviation_is_one_that_the_wordings_do_not_teach(knowledge: Knowledge) -> None:
    taught = {word for word in read_abbreviations() if knowledge.vocabulary.get(word, 0) >= FEWEST}
    assert taught == set()


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("pls: please\nplz: please\npls: police\n", "line 3: pls stands twice"),
        ("pls: please\nthx:\n", "line 2: thx has no words"),
        ("pls: ' '\n", "line 1: pls has no words"),
        ("pls: [please]\n", "line 1: pls has no words"),
        ("- pls\n", "line 1: it holds no pairs"),
        ("", "line 1: it holds no pairs"),
        ("pls: 'please\n", "line 2"),
    ],
)
def test_abbreviations_that_are_doubled_or_empty_are_refused_with_their_line(tmp_path: Path, text: str, refusal: str) -> None:
    file = tmp_path / "abbreviations.yaml"
    file.write_text(text)
    with pytest.raises(RetrievalError, match=rf"abbreviations\.yaml, {refusal}"):
        read_abbreviations(file)


def test_the_words_are_kept_and_read_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Knowledge(tmp_path)
    vocabulary, abbreviations = made.vocabulary, made.abbreviations
    monkeypatch.setattr(library, "_parse", None)  # nothing is parsed again
    kept = Knowledge(tmp_path)
    assert (kept.vocabulary, kept.abbreviations) == (vocabulary, abbreviations)
