"""A document that somebody sends to the bot alone: taken from those who keep the policies, read, and made a draft."""

from collections.abc import Callable
from datetime import datetime

from bot.bringing_in import BringingIn, to_look_at
from bot.clock import day_of
from bot.desk.words import OFFICE, counted
from bot.errors import BotError
from bot.layout import Heading, Paragraph
from bot.messages import Message
from bot.turn import Asker, Turn, refusal
from corpus.documents.apart import refuse_large
from corpus.errors import CorpusError

# What is fetched at all: never a picture. The old kinds cannot be read, but their reader can say what to do about them.
TAKEN = (".docx", ".docm", ".dotx", ".doc", ".rtf", ".pdf", ".odt", ".html", ".htm", ".xhtml", ".md", ".txt")
NOT_TAKEN = "I can bring in only documents: save {name} as a Word document (.docx) or a PDF, and send me that."
ONE_AT_A_TIME = "I can take one document at a time, and have taken none of these: send them to me one by one."
WORDS_NOT_READ = "I have not answered the words that came with it: to ask me something, write it in a message of its own."
NOT_NOW = "I could not fetch {name} just now: send it to me again in a minute."
NOT_GIVEN = "I was not given {name}: bring it in on the desk instead, for which you write /desk to me."


class SentFiles:
    """Takes the documents that come with messages; `now` is the time in UTC."""

    def __init__(self, bringing_in: BringingIn, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._bringing_in = bringing_in
        self._now = now

    def are_taken_from(self, asker: Asker, message: Message) -> bool:
        """Tell whether a message has files that are taken: of somebody who may bring documents in, and in private."""
        return bool(message.files and message.private and asker.person and asker.person.role in OFFICE)

    def turn(self, asker: Asker, message: Message) -> Turn:
        """Return what to say to files that are taken: nothing before they are fetched, unless they cannot be documents."""
        if len(message.files) > 1:
            return refusal(ONE_AT_A_TIME)
        (file,) = message.files
        if not file.name.lower().endswith(TAKEN):
            return _with_words(refusal(NOT_TAKEN.format(name=file.name)), message)
        try:
            refuse_large(file.size or 0, file.name)
        except CorpusError as error:
            return _with_words(refusal(str(error)), message)
        return Turn((), once_fetched=lambda raw: self._read(asker, message, raw))

    def _read(self, asker: Asker, message: Message, raw: bytes) -> Turn:
        (file,) = message.files
        assert asker.person  # noqa: S101  nobody else's is taken
        try:
            brought = self._bringing_in.bring_in(asker.school.id, file.name, raw, asker.person.in_trail)
        except (BotError, CorpusError) as error:
            return _with_words(refusal(str(error)), message)
        draft = brought.draft
        count, doubtful = sum(1 for _ in draft.clauses()), len(to_look_at(draft, brought.doubts, day_of(self._now())))
        look = f", and {counted(doubtful, 'thing', 'things')} to look at" if doubtful else ""
        left_out = f" Left out: {', '.join(brought.ignored)}." if brought.ignored else ""
        school = f" for {asker.school.name}," if len(asker.schools) > 1 else ""
        blocks = (
            Heading(f"I found {counted(count, 'clause', 'clauses')} in {file.name}{look}."),
            Paragraph(f"It is a draft{school} of: {draft.title}. Nothing is published yet.{left_out}", strong=draft.title),
            Paragraph("To look through it, write /desk to me."),
        )
        return _with_words(Turn(blocks, private=True), message)


def not_fetched(message: Message, sentence: str) -> Turn:
    """Return what is said where the file of a message could not be fetched, which `sentence` says."""
    return _with_words(refusal(sentence), message)


def _with_words(turn: Turn, message: Message) -> Turn:
    """Return a turn that says as well, where words came with a file, that they were not answered."""
    if not message.text.strip():
        return turn
    return Turn((*turn.blocks, Paragraph(WORDS_NOT_READ, aside=True)), private=turn.private, refused=turn.refused)
