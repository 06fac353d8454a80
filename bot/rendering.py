"""Answers as text and as HTML, by the templates beside; what a policy or a person wrote is escaped for HTML."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from bot.answer import Answer

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Return the templates: HTML is escaped, plain text is not, and a name that a template does not get is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        auto_reload=False,
    )


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def to_text(answer: Answer) -> str:
    """Return the whole reply as plain text."""
    return _template("reply.txt.jinja").render(answer=answer).strip()


def to_html(answer: Answer) -> str:
    """Return the reply as a piece of HTML for the chat page."""
    return _template("reply.html.jinja").render(answer=answer)
