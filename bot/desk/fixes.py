"""What the forms of a part of a draft do: the fields of a form -> the edit that it asks for, and what is said when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.desk.gate import Visit
from bot.errors import BotError
from corpus import editing
from corpus.clause import Clause, Correction, LeadIn, Party, Policy, SecondStance, Stance

LONGEST_WORDS = 20_000
LONGEST_REASON = 300
Edit = Callable[[Policy], Policy]


@dataclass(frozen=True, slots=True)
class Fix:
    """What somebody asks for: a part, the document that it comes from, and who asks, on which day."""

    visit: Visit
    part: Clause | LeadIn
    source: str
    by: str
    on: date


def read_correction(visit: Visit, by: str, on: date) -> Correction:
    """Return what a form sets right about a clause. Raises BotError where its reason is missing or a value is none of ours."""
    reason = visit.typed("reason")[:LONGEST_REASON]
    if not reason:
        raise BotError("Write in a few words why: whoever looks at this later wants to know.")
    binds = tuple(party for party in Party if party in visit.all_typed("binds"))
    return Correction(
        by=by,
        on=on,
        reason=reason,
        stance=_stance(visit.typed("stance")),
        second=_second(visit),
        binds=binds,
    )


def _stance(value: str) -> Stance:
    try:
        return Stance(value)
    except ValueError:
        raise BotError("Choose what the clause says: allowed, not allowed, or one of the others.") from None


def _second(visit: Visit) -> SecondStance | None:
    value, when = visit.typed("second"), visit.typed("when")
    if not value and not when:
        return None
    if not (value and when):
        raise BotError("For an exception, choose what then holds, and copy the words of the clause that say when.")
    return SecondStance(_stance(value), when)


def _words(fix: Fix) -> tuple[Edit, str]:
    words, reason = fix.visit.typed("words"), fix.visit.typed("reason")[:LONGEST_REASON]
    if len(words) > LONGEST_WORDS:
        raise BotError("That is longer than any clause: split it first.")
    if not reason and words != fix.part.text:
        raise BotError("Write in a few words why it is read so, such as: a letter was lost in scanning.")
    edit = editing.edit_words
    return lambda policy: edit(policy, fix.part.id, words, by=fix.by, on=fix.on, reason=reason), "The words are changed."


def _stance_of(fix: Fix) -> tuple[Edit, str]:
    correction = read_correction(fix.visit, fix.by, fix.on)
    return lambda policy: editing.correct(policy, fix.part.id, correction), "It is set right."


def _confirm(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.confirm(policy, fix.part.id), "It is checked."


def _relabel(fix: Fix) -> tuple[Edit, str]:
    label = fix.visit.typed("label")
    return lambda policy: editing.relabel(policy, fix.part.id, label), f"It is now cited as {label}."


def _split(fix: Fix) -> tuple[Edit, str]:
    begins = " ".join(fix.visit.typed("begins").split())
    at = fix.part.words.find(begins) if begins else -1
    if at < 0 or fix.part.words.find(begins, at + 1) >= 0:
        raise BotError("Copy the words with which the second part begins, enough of them that they stand there only once.")
    return lambda policy: editing.split(policy, fix.source, fix.part.id, at), "It is split in two."


def _split_list(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.split_list(policy, fix.source, fix.part.id), "The list is taken apart."


def _join(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.join(policy, fix.source, fix.part.id), "It is joined with what came after it."


def _introduce(fix: Fix) -> tuple[Edit, str]:
    last = fix.visit.typed("last")
    return lambda policy: editing.make_lead_in(policy, fix.part.id, last), "It introduces the clauses after it."


def _stand_alone(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.unmake_lead_in(policy, fix.part.id), "It is a clause of its own."


def _hang(fix: Fix) -> tuple[Edit, str]:
    under = fix.visit.typed("under") or None
    return lambda policy: editing.hang(policy, fix.part.id, under), "What introduces it is changed."


def _make_heading(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.make_heading(policy, fix.part.id), "It is a heading."


def _set_aside(fix: Fix) -> tuple[Edit, str]:
    return lambda policy: editing.set_aside(policy, fix.part.id), "It is set aside: nobody is answered from it."


# By the value of the button; those of a clause, and those of the words that introduce a list.
OF_CLAUSE: Mapping[str, Callable[[Fix], tuple[Edit, str]]] = {
    "words": _words,
    "stance": _stance_of,
    "confirm": _confirm,
    "label": _relabel,
    "split": _split,
    "split-list": _split_list,
    "join": _join,
    "introduce": _introduce,
    "hang": _hang,
    "make-heading": _make_heading,
    "set-aside": _set_aside,
}
OF_LEAD_IN: Mapping[str, Callable[[Fix], tuple[Edit, str]]] = {"words": _words, "stand-alone": _stand_alone}
# What says what staff are told of a clause, and may make a permission a headline: not for those who only prepare a draft.
DECIDING = frozenset({"stance", "confirm"})
