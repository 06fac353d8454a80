"""Clauses that a button asks for: by a reference to a published version, within the schools that the asker may read."""

from collections.abc import Sequence
from datetime import date

from bot.answer import dates
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
    blocks: list[Block] = [Heading(f"{policy.title}: {' > '.join(indexed.headings)}")]
    for element in section.elements:
        if isinstance(element, Clause):
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
                    cited=f"{element.label}.",
                    url=None,
                    notes=(),
                    bold=True,
                )
            )
        else:
            blocks.append(Paragraph(element.words))
    blocks.append(Paragraph(f"From {policy.title}, version {indexed.version} ({dates(policy, today)}).", aside=True))
    return tuple(blocks)
