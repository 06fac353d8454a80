"""Replies as text and as HTML; what a policy or a person wrote is escaped for HTML."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from bot.answer import Answer
from bot.layout import WORRIED, WORRIED_NOW, Block, ClauseQuote, Differ, Heading, Key, Paragraph, Steps, lay_out
from bot.messages import Button, Reply
from corpus.clause import Stance
from corpus.dates import spoken_day
from retrieval.decision import Outcome

TEMPLATES = Path(__file__).parent / "templates"
# What a reply ends with where nothing can be pressed.
LAST_LINE = f"{WORRIED} Write: worried about a child"


@cache
def environment() -> Environment:
    """Return the templates: HTML is escaped, and a name that a template does not get is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.globals.update(worried=WORRIED, worried_now=WORRIED_NOW, spoken_day=spoken_day)
    return made


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def to_text(answer: Answer) -> str:
    """Return the whole reply to a question as plain text."""
    text = as_text(lay_out(answer))
    return text if answer.outcome is Outcome.URGENT else f"{text}\n\n{LAST_LINE}"


def to_html(answer: Answer) -> str:
    """Return the reply to a question as a piece of HTML for the chat page."""
    return as_html(lay_out(answer), _kind(answer.outcome, answer.stance))


def reply_to_html(reply: Reply) -> str:
    """Return a reply as a piece of HTML for the chat page, on which one thing always stands: the way to report a worry."""
    buttons = [button for button in reply.all_buttons if button.label != WORRIED]
    return as_html(reply.blocks, _kind(reply.outcome, reply.stance), buttons)


def problem_to_html(sentence: str) -> str:
    """Return what is wrong, in one sentence, as a piece of HTML, with what to do about a worry."""
    return _template("problem.html.jinja").render(sentence=sentence)


def told_page(html: str) -> str:
    """Return a whole page for a piece of HTML that has no page of its own."""
    return _template("told.html.jinja").render(html=html)


def _kind(outcome: Outcome | None, stance: Stance | None) -> str:
    """Return the classes that tell what kind of reply it is."""
    return f"{outcome or 'told'} stance-{stance}" if stance else outcome or "told"


def as_text(blocks: Sequence[Block]) -> str:
    """Return what a reply says as plain text, clauses set apart by empty lines."""
    return "\n".join(_block_as_text(block) for block in blocks)


def as_html(blocks: Sequence[Block], kind: str = "", buttons: Sequence[Button] = ()) -> str:
    """Return what a reply says as a piece of HTML; `kind` are the classes that tell what kind of reply it is."""
    named = [(type(block).__name__, block) for block in blocks]
    return _template("reply.html.jinja").render(blocks=named, kind=kind, buttons=buttons)


def _block_as_text(block: Block) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            return text
        case Steps(items):
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Key(leading, deciding):
            return f"“{leading}{deciding}”"
        case Differ(sentences):
            return "\n".join(sentences)
        case ClauseQuote():
            title = f"{block.title}:\n" if block.title else ""
            number = f"{block.number}. " if block.number else ""
            return "\n".join([f"\n{title}{number}“{block.words}”", block.cited, *block.notes])
