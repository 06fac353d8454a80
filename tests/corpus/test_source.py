"""A document read through its repairs: what is read, and that no character of the source is lost or counted twice."""

import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.clause import Span
from corpus.errors import DocumentError
from corpus.source import Cut, Move, RejoinMarkers, Repair, Replace, SourceText, cut_from, fold, read_text


def times_covered(source: SourceText, *bounds: int) -> list[int]:
    """How often each source character is in a span, the reading being taken apart at `bounds`."""
    counts = [0] * len(source.source)
    edges = [0, *sorted(bounds), len(source.reading)]
    for start, end in pairwise(edges):
        for span in source.spans_of(start, end):
            for at in range(span.start, span.end):
                counts[at] += 1
    return counts


def stood_for(source: SourceText, words: str) -> str:
    """The source characters behind `words` of the reading."""
    at = source.reading.index(words)
    return cut_from(source.source, source.spans_of(at, at + len(words)))


def test_without_repairs_the_reading_is_the_source() -> None:
    source = SourceText("Staff must\nsign in.")
    assert source.reading == source.source
    assert source.repairs == ()
    assert source.spans_of(0, 5) == (Span(0, 5),)


def test_a_replacement_is_read_and_leads_back_to_what_stands_there() -> None:
    source = SourceText("Pupils may n0t smoke.", [Replace("n0t", "not", "a misread letter")])
    assert source.reading == "Pupils may not smoke."
    assert stood_for(source, "not") == "n0t"
    assert source.repairs_in(0, len(source.reading)) == ("a misread letter",)


def test_only_what_differs_is_repaired() -> None:
    source = SourceText("Pupils may n0t smoke.", [Replace("may n0t smoke", "may not smoke", "a misread letter")])
    assert source.repairs_in(0, source.reading.index("not") + 1) == ()
    assert source.repairs_in(source.reading.index("not"), source.reading.index(" smoke")) == ("a misread letter",)


def test_an_insertion_stands_for_no_character_of_the_source() -> None:
    source = SourceText("the eputation of it", [Replace("the eputation", "the reputation", "a lost letter")])
    assert source.reading == "the reputation of it"
    assert stood_for(source, "reputation") == "eputation"
    assert stood_for(source, " r") == ""


@pytest.mark.parametrize("text", ["xx Staff sign in.", "Staff xx sign in.", "Staff sign in.xx"])
def test_what_a_repair_takes_out_still_belongs_to_the_words_beside_it(text: str) -> None:
    source = SourceText(text, [Replace("xx", "", "dirt on the page")])
    assert source.reading == text.replace("xx", "")
    assert times_covered(source) == [1] * len(text)
    assert source.repairs[0].source == "xx"


def test_a_moved_sentence_is_read_where_it_belongs() -> None:
    text = "will apply: one; two. In such cases the following"
    source = SourceText(text, [Move("In such cases the following", "will apply", "it stood after the list")])
    assert fold(source.reading) == "In such cases the following will apply: one; two."
    assert stood_for(source, "In such cases") == "In such cases"
    assert source.spans_of(0, len(source.reading))[0] == Span(22, 49)
    assert source.repairs_in(0, 5) == ("it stood after the list",)


def test_torn_off_markers_are_set_before_their_items_in_order() -> None:
    text = "Staff must not:\n@)\n(b)\n(9)\nsmoke;\nswear;\nshout."
    repair = RejoinMarkers("Staff must not:", ("@)", "(b)", "(9)"), ("smoke", "swear", "shout"), "torn off")
    source = SourceText(text, [repair])
    assert fold(source.reading) == "Staff must not: (a) smoke; (b) swear; (c) shout."
    assert stood_for(source, "(a) smoke") == "@) smoke"
    assert stood_for(source, "(c)") == "(9)"
    assert times_covered(source) == [1] * len(text)


@pytest.mark.parametrize(
    ("markers", "items"),
    [
        (("@)", "(b)"), ("smoke", "swear", "shout")),  # one too few
        (("@)", "(x)", "(9)"), ("smoke", "swear", "shout")),  # not what stands there
        (("@)", "(b)", "(9)"), ("smoke", "drink", "shout")),  # no such item
        (("@)", "(b)", "(9)"), ("smoke", "s", "shout")),  # several such items
    ],
)
def test_markers_that_do_not_fit_are_refused(markers: tuple[str, ...], items: tuple[str, ...]) -> None:
    text = "Staff must not:\n@)\n(b)\n(9)\nsmoke;\nswear;\nshout."
    with pytest.raises(DocumentError):
        SourceText(text, [RejoinMarkers("Staff must not:", markers, items, "torn off")])


def test_a_cut_says_so_and_invents_nothing() -> None:
    text = "Staff must not use equipment owned by the school's\n\nProhibited use"
    source = SourceText(text, [Cut("owned by the school's", "the page is cut here")])
    assert source.reading == text
    assert source.cuts == {text.index("\n"): "the page is cut here"}


@pytest.mark.parametrize(
    "repair",
    [
        Replace("cat", "dog", "r"),
        Replace("the", "a", "r"),
        Replace("", "x", "r"),
        Move("cat", "mat", "r"),
        Move("the", "mat", "r"),
        Move("mat", "the", "r"),
        Move("mat", "mat", "r"),
        Cut("cat", "r"),
        Cut("the", "r"),
        RejoinMarkers("cat", ("(a)",), ("mat",), "r"),
    ],
)
def test_a_repair_that_fits_nowhere_or_twice_is_refused(repair: Repair) -> None:
    with pytest.raises(DocumentError, match=r"which stands (?:0|2|\d\d) times in the source, not once"):
        SourceText("the dog on the mat", [repair])


def test_repairs_follow_one_another() -> None:
    source = SourceText("tbe d0g", [Replace("tbe", "the", "one"), Replace("the d0g", "the dog", "two")])
    assert source.reading == "the dog"
    assert source.repairs_in(0, 7) == ("one", "two")


def test_a_repair_may_begin_within_an_earlier_one() -> None:
    source = SourceText("xx abc yy", [Replace("abc", "abQQc", "one"), Replace("Qc", "Z", "two")])
    assert source.reading == "xx abQZ yy"
    assert times_covered(source) == [1] * 9


def test_a_repair_may_join_what_a_move_brought_together() -> None:
    repairs = [Move("ghi", "abc", "moved"), Replace("i ab", "-", "joined")]
    source = SourceText("abc def ghi", repairs)
    assert fold(source.reading) == "gh-c def"
    assert times_covered(source) == [1] * 11


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("They ring the hand-\nbell. A handbell rings.", "They ring the handbell. A handbell rings."),
        ("They ring the hand-\n  bell. A handbell rings.", "They ring the handbell. A handbell rings."),
        ("Put it in the locked-\nbox.", "Put it in the locked-box."),  # the document has no such word: none is made up
        ("The co-\noperation of all. Cooperation helps.", "The co-operation of all. Cooperation helps."),
        ("A well-\nknown rule. It is well-known.", "A well-known rule. It is well-known."),
        ("The rule -\nand it is one", "The rule -\nand it is one"),
        ("Year 5-\n6 pupils", "Year 5-\n6 pupils"),
    ],
)
def test_a_word_broken_over_a_line_end_is_read_as_the_document_writes_it(text: str, reading: str) -> None:
    source = SourceText(text)
    assert source.reading == reading
    assert times_covered(source) == [1] * len(text)
    assert all(note.reason == "word broken over a line end" for note in source.repairs)


def test_spans_lead_back_in_the_order_of_the_reading() -> None:
    text = "one two three"
    source = SourceText(text, [Move("three", "one", "moved")])
    assert [text[span.start : span.end].strip() for span in source.spans_of(0, len(source.reading))] == ["three", "one two"]


def test_the_hash_is_that_of_the_source_not_of_the_reading() -> None:
    text = "Pupils may n0t smoke."
    assert SourceText(text, [Replace("n0t", "not", "r")]).sha256 == SourceText(text).sha256
    assert SourceText(text).sha256 != SourceText(text + " ").sha256


# Texts of few letters, so that repairs meet, and a line end now and then.
texts = st.text(alphabet="abc -\n", min_size=4, max_size=30)


@st.composite
def repaired(draw: st.DrawFn) -> tuple[str, list[Repair]]:
    """A text with repairs that fit it, each drawn from the reading as the repairs before it left it."""
    text = draw(texts)
    repairs: list[Repair] = []
    for _ in range(draw(st.integers(0, 4))):
        reading = SourceText(text, repairs).reading
        start = draw(st.integers(0, len(reading)))
        find = reading[start : start + draw(st.integers(1, 6))]
        new = draw(st.text(alphabet=string.ascii_uppercase + " ", max_size=4))
        before = reading[(at := draw(st.integers(0, len(reading)))) : at + 3]
        tidied = Replace(find, find[:1] + new + find[-1:], "r")
        repair = draw(st.sampled_from([tidied, Replace(find, new, "r"), Move(find, before, "m")]))
        try:
            SourceText(text, [*repairs, repair])
        except DocumentError:
            continue
        repairs.append(repair)
    return text, repairs


@settings(deadline=None)
@given(repaired(), st.data())
def test_every_source_character_is_in_exactly_one_span_however_the_reading_is_taken_apart(
    document: tuple[str, list[Repair]], data: st.DataObject
) -> None:
    text, repairs = document
    source = SourceText(text, repairs)
    bounds = data.draw(st.lists(st.integers(0, len(source.reading)), max_size=4))
    if source.reading:
        assert times_covered(source, *bounds) == [1] * len(text)


@settings(deadline=None)
@given(repaired())
def test_the_reading_is_the_text_with_one_repair_after_the_other(document: tuple[str, list[Repair]]) -> None:
    text, repairs = document
    expected = SourceText(text).reading
    for repair in repairs:
        if isinstance(repair, Replace):
            expected = expected.replace(repair.find, repair.reading)
        elif isinstance(repair, Move):
            expected = expected.replace(repair.find, "").replace(repair.before, f"{repair.find} {repair.before}")
    assert SourceText(text, repairs).reading == expected


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"One\r\ntwo\rthree\n", "One\ntwo\nthree\n"),
        ("The school’s".encode(), "The school’s"),
        ("\ufeffThe school".encode(), "The school"),
        ("The school’s".encode("utf-16"), "The school’s"),
        ("The school’s".encode("utf-16-le"), "The school’s"),
        ("The school’s".encode("utf-16-be"), "The school’s"),
        ("The school’s – “café”".encode("cp1252"), "The school’s – “café”"),
        ("The school’s – “café”".encode("mac-roman"), "The school’s – “café”"),
    ],
)
def test_a_text_is_read_whatever_program_wrote_it(raw: bytes, text: str) -> None:
    assert read_text(raw, "policy.txt") == text


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "policy.txt is empty"),
        (b" \n ", "policy.txt is empty"),
        (b"%PDF-1.7 ...", "policy.txt is not a text file"),
        (b"PK\x03\x04 ...", "policy.txt is not a text file"),
        (b"{\\rtf1 ...", "policy.txt is not a text file"),
        (b"a\x00b", "policy.txt is not a text file"),
    ],
)
def test_what_is_no_text_is_refused_in_one_sentence(raw: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read_text(raw, "policy.txt")
