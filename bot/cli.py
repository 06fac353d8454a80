"""The command line: arguments in, one command called, errors told in one sentence."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.errors import BotError
from corpus.errors import CorpusError
from retrieval.errors import RetrievalError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    # A question's sums are small: a second thread for each takes a processor from somebody else's question and saves no time.
    # OpenBLAS reads it when numpy is first imported, which no command has done yet.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (BotError, CorpusError, RetrievalError) as error:
        print(f"policybot: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has had enough, which is no fault
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        reason = _why_the_store_failed(error)
        if reason is None:
            raise
        print(f"policybot: The store cannot be read or written: {reason}.", file=sys.stderr)
        return 1


def _why_the_store_failed(error: Exception) -> str | None:
    """Return what the store says is wrong, None where the error is another."""
    from sqlalchemy.exc import SQLAlchemyError

    return str(getattr(error, "orig", None) or error) if isinstance(error, SQLAlchemyError) else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="policybot", description="Answers from a school's own policies, word for word.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, summary: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    command("serve", "serve the chat page", _serve)

    init = command("init", "set up a school", _init)
    init.add_argument("school", help="a short id of small letters and hyphens, such as st-marys")
    init.add_argument("--name", required=True, help="the school's full name")
    init.add_argument("--short-name", help="how a headline names it; the full name unless given")
    init.add_argument("--nation", default="England", choices=["England", "Wales", "Scotland", "Northern Ireland"])
    init.add_argument(
        "--contacts", metavar="FILE", help="whom its staff turn to, as policybot contacts takes it; - for standard input"
    )

    command("migrate", "create the store, or upgrade its schema to this version of policybot", _migrate)

    backup = command("backup", "write all that the store holds to a file, and check it", _backup)
    backup.add_argument("file", type=Path, help="the file to write, which must not be there yet")

    restore = command("restore", "put a backup into an empty store, without what was erased and who was removed since", _restore)
    restore.add_argument("file", type=Path, help="a file that policybot backup wrote")
    ledger = restore.add_mutually_exclusive_group()
    ledger.add_argument(
        "--removals",
        metavar="FILE",
        type=Path,
        help="what was erased and who was removed; removals.jsonl in the data folder unless given",
    )
    ledger.add_argument(
        "--since", metavar="URL", help="the address of the old store, where that can still be read, to take it from"
    )
    ledger.add_argument("--no-removals", action="store_true", help="restore although both are lost")

    _add_people(command)
    _add_installations(command)
    _add_contacts(command)

    ask = command("ask", "answer one question, or a file of them", _ask)
    ask.add_argument("question", nargs="*", help="the question")
    ask.add_argument("--school", help="whose policies apply")
    ask.add_argument("--json", action="store_true", help="one JSON object, for programs")
    ask.add_argument("--explain", action="store_true", help="say what the question was read as, and why it was decided so")
    ask.add_argument("--batch", metavar="FILE", help="many questions, one JSON object a line; - for standard input")

    chat = command("chat", "a conversation in the terminal", _chat)
    chat.add_argument("--school", help="whose policies apply")

    compare = command("compare", "each school's governing clause, side by side", _compare)
    compare.add_argument("question", nargs="+")

    verify = command("verify", "check a copy of an answer that somebody kept", _verify)
    verify.add_argument("file", nargs="?", default="-", help="the file that it was pasted into; standard input unless given")

    _add_policies(command)

    evaluate = command("eval", "measure the answers on labelled questions", _eval)
    evaluate.add_argument("file", type=Path)
    evaluate.add_argument("--save", metavar="RUN", type=Path, help="keep what came of each question in this file")
    evaluate.add_argument("--compare", metavar="RUN", type=Path, help="list what changed since a run that was kept")
    evaluate.add_argument("--beside", action="store_true", help="measure other rankers on the same questions too")
    evaluate.add_argument("--misses", action="store_true", help="list each miss with what came instead")

    command("doctor", "check the installation and say what to fix", _doctor)
    return parser


def _add_people(command: Callable[..., argparse.ArgumentParser]) -> None:
    invite = command("invite", "invite one person to ask at a school, or a list of them", _invite)
    invite.add_argument("--school", required=True)
    invite.add_argument("--role", default="staff", help="staff (unless given), office, headteacher, dsl, chair or administrator")
    invite.add_argument("--until", help="when their access ends: tonight, or a day such as 2026-12-18; it does not unless given")
    one_or_many = invite.add_mutually_exclusive_group()
    one_or_many.add_argument(
        "--list",
        metavar="FILE",
        help="invite everybody in a list, a name or initials a line and, after a comma, a role; - for standard input",
    )
    one_or_many.add_argument("--qr", metavar="FILE", type=Path, help="write a QR code of the link to a .png or .svg file")
    invite.add_argument("--channel", choices=["web", "telegram"], help="what the QR code opens; web unless phones cannot open it")

    sheet = command("sheet", "print a sheet for the staffroom: whom to tell when worried about a child, and how to ask", _sheet)
    sheet.add_argument("--school", required=True)
    sheet.add_argument("--out", metavar="FILE.html", type=Path, help="the file to write; standard output unless given")

    desk = command("desk-link", "print a link that opens the desk once, on which a school keeps its policies", _desk_link)
    desk.add_argument("--school", required=True)
    desk.add_argument("--person", type=int, help="the number of the person; the headteacher unless given")

    people = command("people", "who may ask at a school, and the invitations that nobody has taken", _people)
    people.add_argument("--school", required=True)
    one_of = people.add_mutually_exclusive_group()
    one_of.add_argument("--remove", metavar="NUMBERS", type=_numbers, help="end the access of these people at once, as 3,5,9")
    one_of.add_argument("--revoke", metavar="NUMBER", type=int, help="take this invitation back")
    one_of.add_argument("--leavers", action="store_true", help="who joined longest ago, to look for those who have left")
    one_of.add_argument(
        "--replace-headteacher", action="store_true", help="end the headteacher's access at once and invite the next"
    )


def _add_installations(command: Callable[..., argparse.ArgumentParser]) -> None:
    link = command(
        "install-link", "print a link that connects a Slack workspace or a Microsoft tenant to a school", _install_link
    )
    link.add_argument("school", help="whose staff it holds")
    link.add_argument("channel", choices=["slack", "teams"])
    link.add_argument("--beside", metavar="SCHOOL", help="a school that it is connected to already, and stays so, as in a trust")

    listed = command("installations", "the Slack workspaces and Microsoft tenants that are connected by links", _installations)
    listed.add_argument("--school", help="those of this school alone")
    listed.add_argument("--remove", metavar="ID", help="answer this workspace or tenant no more")


def _add_contacts(command: Callable[..., argparse.ArgumentParser]) -> None:
    contacts = command("contacts", "whom a school's staff turn to and when: print them, load them, change one", _contacts)
    contacts.add_argument("--school", required=True)
    one_of = contacts.add_mutually_exclusive_group()
    one_of.add_argument("--load", metavar="FILE", help="put what this file holds in their place; - for standard input")
    one_of.add_argument(
        "--set", metavar="NAME", help="add this contact, or change what the flags below give; an empty one takes it out"
    )
    one_of.add_argument("--remove", metavar="NAME", help="take this contact out")
    one_of.add_argument("--confirmed", metavar="NAME", help="this chair of governors has told you that their entry is right")
    contacts.add_argument("--email", help="with --set: an e-mail address")
    contacts.add_argument(
        "--hours", help="with --set: when they can be reached, such as 'Monday-Friday 08:00-17:00', or any time"
    )
    for flag, summary in (
        ("role", "what staff turn to them for, such as dsl"),
        ("phone", "a telephone number"),
        ("away", "when they are away, such as '2026-12-01 - 2026-12-04'"),
        ("conflict", "a contact about whom, and to whom, nothing goes through this one, such as a spouse"),
    ):
        contacts.add_argument(f"--{flag}", action="append", help=f"with --set: {summary}; it may be repeated")


def _add_policies(command: Callable[..., argparse.ArgumentParser]) -> None:
    bring_in = command("import", "bring in a document as a draft", _import)
    bring_in.add_argument("file", type=Path)
    _add_policy(bring_in)
    bring_in.add_argument("--title", help="the policy's title; taken from the document unless given")
    bring_in.add_argument("--supplements", metavar="POLICY", help="it is the school's addendum to this policy of its trust")

    for name, summary, run in (
        ("diff", "what the draft changes against the published version", _diff),
        ("publish", "make the draft the version that is answered from", _publish),
    ):
        _add_policy(command(name, summary, run))
    trial = command("try", "what staff would be told by the draft, beside what they are told today", _try)
    _add_policy(trial)
    trial.add_argument("--seen", action="store_true", help="note that you have looked at the answers that get lost or looser")
    rollback = command("rollback", "answer from an earlier version again", _rollback)
    _add_policy(rollback)
    rollback.add_argument("--version", type=int, required=True)
    export = command("export", "print a version as YAML", _export)
    _add_policy(export)
    export.add_argument("--version", type=int, help="the current one unless given")

    _add_trusts(command)

    audit = command("audit", "who did what, when", _audit)
    audit.add_argument("--school", required=True)
    audit.add_argument("--json", action="store_true", help="one JSON object a line, for programs")

    check = command("check", "what a headteacher should know about the policies", _check)
    check.add_argument("--school")
    check.add_argument("--policy")
    check.add_argument("--draft", action="store_true", help="the draft instead of the published version")


def _add_trusts(command: Callable[..., argparse.ArgumentParser]) -> None:
    to = command("publish-to", "publish a trust's policy to several schools, to each as a version of its own", _publish_to)
    to.add_argument("schools", metavar="SCHOOLS", type=_ids, help="the schools, with commas between them, as st-marys,st-johns")
    to.add_argument("--policy", required=True, help="the policy's short id, such as social-media, the same at each school")
    to.add_argument("--trust", required=True, metavar="NAME", help="the trust's name, as replies give it")
    taken = to.add_mutually_exclusive_group(required=True)
    taken.add_argument(
        "--from", dest="home", metavar="SCHOOL", help="where the policy is prepared: its published version is taken"
    )
    taken.add_argument("--file", type=Path, help="a document or an exported .yaml to take it from")
    to.add_argument("--draft", action="store_true", help="with --from: the draft instead of the published version")
    to.add_argument("--prevails", action="store_true", help="it prevails over any addendum; else one that is stricter holds")
    command("trust-policies", "which school has which version of a trust's policies", _trust_policies)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--school", required=True)
    parser.add_argument("--policy", required=True, help="the policy's short id, such as social-media")


def _numbers(text: str) -> list[int]:
    try:
        return sorted({int(number) for number in text.split(",")})
    except ValueError:
        raise argparse.ArgumentTypeError("write numbers with commas between them, as 3,5,9") from None


def _ids(text: str) -> list[str]:
    ids = [one.strip() for one in text.split(",")]
    if not all(ids):
        raise argparse.ArgumentTypeError("write the ids of schools with commas between them, as st-marys,st-johns")
    return list(dict.fromkeys(ids))


# Each command imports what it needs when it is called: `ask` starts in half the time of `serve`.


def _serve(_options: argparse.Namespace) -> int:
    from bot.serving import serve

    return serve()


def _init(options: argparse.Namespace) -> int:
    from bot.administration import init

    return init(options.school, options.name, options.short_name, options.nation, options.contacts)


def _migrate(_options: argparse.Namespace) -> int:
    from bot.administration import migrate

    return migrate()


def _backup(options: argparse.Namespace) -> int:
    from bot.backup_commands import backup

    return backup(options.file)


def _restore(options: argparse.Namespace) -> int:
    from bot.backup_commands import restore

    return restore(options.file, options.removals, options.since, no_removals=options.no_removals)


def _invite(options: argparse.Namespace) -> int:
    from bot.enrolment import invite, invite_list

    if options.list is not None:
        return invite_list(options.school, options.list, options.role, options.until)
    return invite(options.school, options.role, options.until, options.qr, options.channel)


def _sheet(options: argparse.Namespace) -> int:
    from bot.enrolment import sheet

    return sheet(options.school, options.out)


def _desk_link(options: argparse.Namespace) -> int:
    from bot.enrolment import desk_link

    return desk_link(options.school, options.person)


def _people(options: argparse.Namespace) -> int:
    from bot.enrolment import list_leavers, list_people, remove_people, replace_headteacher, revoke_invitation

    if options.remove is not None:
        return remove_people(options.school, options.remove)
    if options.revoke is not None:
        return revoke_invitation(options.school, options.revoke)
    if options.replace_headteacher:
        return replace_headteacher(options.school)
    if options.leavers:
        return list_leavers(options.school)
    return list_people(options.school)


def _install_link(options: argparse.Namespace) -> int:
    from bot.installation_commands import install_link

    return install_link(options.school, options.channel, options.beside)


def _installations(options: argparse.Namespace) -> int:
    from bot.installation_commands import list_installations, remove_installation

    if options.remove is not None:
        return remove_installation(options.remove, options.school)
    return list_installations(options.school)


def _contacts(options: argparse.Namespace) -> int:
    from bot.contact_commands import FLAGS, confirm_chair, load_contacts, remove_contact, set_contact, show_contacts

    given = {key: values for flag, key in FLAGS.items() if (values := getattr(options, flag)) is not None}
    if options.set is not None:
        return set_contact(options.school, options.set, given)
    if given:
        raise BotError("--role, --phone, --email, --hours, --away and --conflict say what to change: add --set NAME.")
    if options.load is not None:
        return load_contacts(options.school, options.load)
    if options.remove is not None:
        return remove_contact(options.school, options.remove)
    if options.confirmed is not None:
        return confirm_chair(options.school, options.confirmed)
    return show_contacts(options.school)


def _ask(options: argparse.Namespace) -> int:
    if not options.batch:
        gc.disable()  # a process of half a second has nothing to collect, and looks for it a dozen times while it imports
    from bot import terminal

    if options.batch:
        return terminal.ask_batch(options.batch, options.school)
    return terminal.ask_once(" ".join(options.question), options.school, as_json=options.json, explained=options.explain)


def _chat(options: argparse.Namespace) -> int:
    from bot.terminal import chat

    return chat(options.school)


def _compare(options: argparse.Namespace) -> int:
    from bot.terminal import compare

    return compare(" ".join(options.question))


def _verify(options: argparse.Namespace) -> int:
    from bot.terminal import verify

    return verify(options.file)


def _import(options: argparse.Namespace) -> int:
    from bot.administration import bring_in

    return bring_in(options.file, options.school, options.policy, options.title, options.supplements)


def _diff(options: argparse.Namespace) -> int:
    from bot.administration import diff

    return diff(options.school, options.policy)


def _publish(options: argparse.Namespace) -> int:
    from bot.publication_commands import publish

    return publish(options.school, options.policy)


def _publish_to(options: argparse.Namespace) -> int:
    from bot.trust_commands import publish_to

    if options.draft and options.file:
        raise BotError("--draft goes with --from: a file is taken as it is.")
    return publish_to(
        options.schools,
        options.policy,
        options.trust,
        home=options.home,
        file=options.file,
        draft=options.draft,
        prevails=options.prevails,
    )


def _trust_policies(_options: argparse.Namespace) -> int:
    from bot.trust_commands import list_trust_policies

    return list_trust_policies()


def _rollback(options: argparse.Namespace) -> int:
    from bot.publication_commands import roll_back

    return roll_back(options.school, options.policy, options.version)


def _try(options: argparse.Namespace) -> int:
    from bot.publication_commands import try_draft

    return try_draft(options.school, options.policy, seen=options.seen)


def _audit(options: argparse.Namespace) -> int:
    from bot.publication_commands import audit

    return audit(options.school, as_json=options.json)


def _export(options: argparse.Namespace) -> int:
    from bot.administration import export

    return export(options.school, options.policy, options.version)


def _check(options: argparse.Namespace) -> int:
    from bot.administration import check

    return check(options.school, options.policy, draft=options.draft)


def _eval(options: argparse.Namespace) -> int:
    from bot.administration import evaluate

    return evaluate(options.file, show_misses=options.misses, beside=options.beside, save=options.save, compare=options.compare)


def _doctor(_options: argparse.Namespace) -> int:
    from bot.doctor import examine

    return examine()


if __name__ == "__main__":
    sys.exit(main())
