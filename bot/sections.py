"""Clauses that a button asks for: by a reference to a published version, within the schools that the asker may read."""

from collections.abc import Sequence
from datetime import date

from bot.answer import dates, dates_of_ruling
from bot.errors import BotError
from bot.layout import Block, ClauseQuote, Heading, Paragraph
from bot.short_names import shortened
from corpus.clause import Clause
from corpus.versions import Versions
from retrieval.index import IndexedClause, in_place

GONE = "I can no longer find that clause: ask your question again."


def find_clause(ref: str, versions: Versions, school_ids: Sequence[str]) -> IndexedClause:
    """Return the clause that a reference names, in its version, if one of these schools has published it.

    Raises BotError where there is none.
    """
    policy_name, _, rest = ref.partition(".")
    number, _, clause_name = rest.partition(".")
    for school_id in school_ids:
        for slug, _, published in versions.policies(school_id):
            if shortened(f"{school_id}/{slug}") == policy_name and number in map(str, published):
                policy = versions.version(school_id, slug, int(number)).policy
                for indexed in in_place(int(number), policy):
                    if shortened(indexed.clause.id) == clause_name:
                        return indexed
    raise BotError(GONE)


def whole_section(indexed: IndexedClause, today: date) -> tuple[Block, ...]:
    """Return the section in which a clause stands, word for word, every clause with its label."""
    policy = indexed.policy
    section = next(one for one in policy.sections if indexed.clause in one.elements)
    blocks: list[Block] = [Heading(": ".join(filter(None, (policy.title, " > ".join(indexed.headings)))))]
    for element in section.elements:
        if isinstance(element, Clause):
            if element.ruling and element != indexed.clause and not element.ruling.is_in_force(today):
                continue
            before, deciding, after = element.words, "", ""
            if element == indexed.clause and element.deciding:
                before, deciding, after = element.words.partition(element.deciding)
            blocks.append(
                ClauseQuote(
                    title="",
                    number=None,
                    lead_in="",
                    before=before,
                    deciding=deciding,
                    after=after,
                    cited=f"{element.label} ({dates_of_ruling(element.ruling, today)})."
                    if element.ruling
                    else f"{element.label}.",
                    url=None,
                    notes=(),
                    bold=True,
                )
            )
        else:
            blocks.append(Paragraph(element.words))
    dated = "" if policy.is_of_rulings else f" ({dates(policy, today)})"
    blocks.append(Paragraph(f"From {policy.title}, version {indexed.version}{dated}.", aside=True))
    return tuple(blocks)
