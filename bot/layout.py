"""What a reply says, in order, as pieces of text without any markup: each channel dresses them in its own."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from bot.answer import Answer, Quote
from retrieval.decision import Outcome

WORRIED = "Worried about a child?"
# What stands where no button leads to the urgent route, or where it may not work.
WORRIED_NOW = f"{WORRIED} Tell your designated safeguarding lead (DSL) now. If anybody is in immediate danger, ring 999."


# So many of the policies that were not brought in are named.
MOST_TITLES = 10


class Heading(Struct, frozen=True):
    """What the reply comes to."""

    text: str


class Steps(Struct, frozen=True):
    """What to do, in this order."""

    items: tuple[str, ...]


class Key(Struct, frozen=True):
    """The words of the clause that decide, after what they are read after; both are the policy's own."""

    leading: str
    deciding: str


class Paragraph(Struct, frozen=True):
    """A sentence or two; `strong` is the part of `text` that matters most, `aside` marks what matters least."""

    text: str
    strong: str = ""
    aside: bool = False


class Differ(Struct, frozen=True):
    """What to know of two rules that differ: one sentence or more, to be set apart."""

    sentences: tuple[str, ...]


class ClauseQuote(Struct, frozen=True):
    """A clause word for word, with its citation.

    `title` says why it is shown; `number` is its place where it is one of several to choose from. `before`,
    `deciding` and `after` are together the clause without its lead-in; `bold` says to mark the deciding words.
    """

    title: str
    number: int | None
    lead_in: str
    before: str
    deciding: str
    after: str
    cited: str
    url: str | None
    notes: tuple[str, ...]
    bold: bool

    @property
    def words(self) -> str:
        """The clause as the policy has it, its lead-in before it."""
        return f"{self.lead_in} {self.body}" if self.lead_in else self.body

    @property
    def body(self) -> str:
        """The clause without its lead-in."""
        return f"{self.before}{self.deciding}{self.after}"


# Gives the address of a quoted clause, None where it has none.
Link = Callable[[Quote], str | None]
Block = Heading | Steps | Key | Paragraph | Differ | ClauseQuote


def lay_out(answer: Answer, link: Link = lambda _quote: None) -> tuple[Block, ...]:
    """Return what the reply to a question says, in order; `link` gives the address of a quoted clause, if it has one."""
    blocks: list[Block] = [Heading(answer.headline)]
    if answer.steps:
        blocks.append(Steps(answer.steps))
    if answer.outcome is Outcome.ANSWERED:
        first = answer.quotes[0]
        blocks.append(Key(first.leading, first.deciding or first.words))
    if answer.conflict:
        blocks.append(Differ(answer.conflict.sentences))
    blocks += [Paragraph(note, aside=True) for note in answer.notes]
    if answer.read_as:
        blocks.append(Paragraph(f"I read this as: {answer.read_as}.", aside=True))
    if answer.searched:
        blocks.append(Paragraph(f"I looked in: {'; '.join(answer.searched)}."))
    if answer.not_given:
        blocks.append(Paragraph(_not_given(answer.not_given)))
    if answer.escalation and answer.outcome is not Outcome.URGENT:
        step = answer.escalation
        why = f" {step.why}" if step.why else ""
        blocks.append(Paragraph(f"Speak to: {step.in_full}.{why}", strong=step.words))
    blocks += [
        quoted(quote, title=title, bold=number == 0, url=link(quote))
        for number, (title, quote) in enumerate(zip(_titles(answer), answer.quotes, strict=True))
    ]
    blocks += to_choose_from(answer.offered, link)
    return tuple(blocks)


def _not_given(titles: Sequence[str]) -> str:
    """Return the sentences that name policies which the school has not brought in, the first of them where they are many."""
    left = len(titles) - MOST_TITLES
    more = f" and {left} more" if left > 0 else ""
    them = "it" if len(titles) == 1 else "them"
    what = "a policy" if len(titles) == 1 else "policies"
    named = ", ".join(titles[:MOST_TITLES])
    return f"Your school also has {what} that I have not been given: {named}{more}. Ask the school office for {them}."


def to_choose_from(quotes: Iterable[Quote], link: Link) -> list[ClauseQuote]:
    """Return clauses that are offered, none of them asserted, numbered from 1."""
    return [quoted(quote, number=number, bold=True, url=link(quote)) for number, quote in enumerate(quotes, 1)]


def quoted(
    quote: Quote, *, title: str = "", number: int | None = None, bold: bool = False, url: str | None = None
) -> ClauseQuote:
    """Return a clause as a reply shows it."""
    citation = quote.citation
    return ClauseQuote(
        title=title,
        number=number,
        lead_in=citation.lead_in or "",
        before=quote.before,
        deciding=quote.deciding,
        after=quote.after,
        cited=f"{citation.policy}, {citation.label}, version {citation.version} ({quote.dates}).",
        url=url,
        notes=quote.notes,
        bold=bold,
    )


def _titles(answer: Answer) -> Sequence[str]:
    if answer.outcome is Outcome.URGENT:
        return ["What your policy says"] * len(answer.quotes)
    told_apart = [f"{title}, word for word" for title in answer.conflict.titles] if answer.conflict else []
    first = told_apart or [
        "The ruling, word for word" if answer.quotes and answer.quotes[0].ruling else "The clause, word for word"
    ]
    return [*first, *map(_see_also, answer.quotes[len(first) :])][: len(answer.quotes)]


def _see_also(quote: Quote) -> str:
    return f"See also: ruling of {quote.ruling.by}" if quote.ruling else "See also"
