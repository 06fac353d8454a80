"""The commands on people: invite somebody or a whole list, print the staffroom sheet, list who may ask, end access."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bot.admission import read_last_day
from bot.audit import at_command_line
from bot.bootstrap import open_versions
from bot.clock import day_of, spoken, today
from bot.configuration import Configuration, check_schools, read_configuration
from bot.contact_store import Contacts
from bot.desk.access import AT_DESK, DeskAccess
from bot.desk.demonstration import demonstration_link
from bot.errors import BotError
from bot.installations import connected_channels
from bot.pasted import read_pasted
from bot.people import TELEGRAM, Invitation, People, Person, PersonRole, read_role
from bot.qr_codes import as_characters, as_file, can_be_shown, require_kind
from bot.settings import Settings, read_settings
from bot.sheet import staffroom_sheet
from bot.staff_list import read_staff_list
from bot.ways_in import WaysIn, ways_in
from corpus.dates import spoken_day
from corpus.versions import no_such_school


def invite(school: str, role: str, until: str | None, qr: Path | None = None, channel: str | None = None) -> int:
    """Print an invitation's code and how to use it; `qr` is a file for a QR code of the link that opens it on `channel`.

    Raises BotError where the school, the role or the day is none, and where no phone could open the link, before anybody is
    invited; where the file then cannot be written, the code is printed all the same.
    """
    settings = read_settings()
    configuration = read_configuration(settings)
    ways = ways_in(settings, configuration)
    if qr:
        require_kind(qr)
        _require_link(ways, channel)
    elif channel:
        raise BotError("--channel says what the QR code opens: add --qr FILE.png.")
    invitation, code = _people(settings, school).invite(
        school, read_role(role), read_last_day(until, today()), by=at_command_line()
    )
    _print_invitation(invitation, code, ways, configuration)
    link = ways.to_scan(code, channel)
    if qr and link:
        _give_qr_code(link, qr)
    return 0


def invite_list(school: str, file: str, role: str, until: str | None) -> int:
    """Print a table of codes, one for each person of a pasted list; the names are printed and not kept.

    Raises BotError where the school or the day is none, and with every wrong line of the list; then nobody is invited.
    """
    settings = read_settings()
    configuration = read_configuration(settings)
    ways, day = ways_in(settings, configuration), read_last_day(until, today())
    people = _people(settings, school)
    invitees = read_staff_list(read_pasted(file, "the list"), read_role(role))
    made = people.invite_all(school, [invitee.role for invitee in invitees], day, by=at_command_line())
    widest = max(len(invitee.name) for invitee in invitees)
    print(f"{'No.':>5}  {'Name':<{widest}}  {'Role':<13}  Code")
    for invitee, (invitation, code) in zip(invitees, made, strict=True):
        print(f"{invitation.id:>5}  {invitee.name:<{widest}}  {invitee.role:<13}  {code}")
    first = made[0][0]
    print(f"\nEach code serves one person, until {spoken(first.expires_at)}. They type it at {ways.page}")
    if configuration.telegram:
        to = f"@{ways.bot_name}" if ways.bot_name else "the bot"
        print(f"or write to {to} on Telegram: /join and the code.")
    _print_end_of_pass(first)
    print("The codes are shown only now, and the names are kept nowhere here. Print this list and keep it safe:")
    print("when somebody leaves, `policybot people` tells you by the number of the invitation whose access to end.")
    return 0


def sheet(school: str, out: Path | None) -> int:
    """Write the staffroom sheet of a school to a file, or print it. Raises BotError where there is no such school."""
    settings = read_settings()
    versions = open_versions(settings)
    known = [one.id for one in versions.schools()]
    published = versions.published(school)
    if published is None:
        raise BotError(no_such_school(school, known))
    configuration = check_schools(read_configuration(settings), known)
    ways = ways_in(settings, configuration)
    book = Contacts(versions.engine, versions.now).in_force(school)
    connected = connected_channels(versions.engine, school)
    html = staffroom_sheet(published.school, book, published.policies, ways, configuration, connected=connected, day=today())
    if ways.to_scan() is None:
        print("There is no QR code on the sheet: set POLICYBOT_PUBLIC_URL for one.", file=sys.stderr)
    if out is None:
        print(html)
        return 0
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise BotError(f"{out} cannot be written: {error.strerror}.") from None
    print(f"{out} is written. Open it in a browser and print it. Check the names, and fill in the empty lines by hand.")
    return 0


def list_people(school: str) -> int:
    """Print who may ask at a school and which invitations are open. Raises BotError where there is no such school."""
    people = _people(read_settings(), school)
    members, invitations = people.of(school), people.invitations(school)
    for person in members:
        print(_told(person))
    if not members:
        print("Nobody has joined yet.")
    for invitation in invitations:
        waits = f"nobody has taken it; it waits until {spoken(invitation.expires_at)}"
        print(f"Invitation {invitation.id}, as {invitation.role}: {waits}")
    return 0


def list_leavers(school: str) -> int:
    """Print who has joined a school, the longest ago first, for the office to look for those who have left.

    When somebody last asked is not kept, so only who is signed in to the chat page has a day beside them. Raises BotError
    where there is no such school.
    """
    people = _people(read_settings(), school)
    members, seen = sorted(people.of(school), key=lambda person: person.since), people.last_seen(school)
    if not members:
        print("Nobody has joined yet.")
        return 0
    print("Who has left the school? Those who joined longest ago come first.")
    for person in members:
        last = f", last on the chat page on {spoken_day(day_of(seen[person.id]))}" if person.id in seen else ""
        print(f"{_told(person)}{last}")
    print(f"To end their access: policybot people --school {school} --remove and their numbers, as 3,5,9")
    return 0


def remove_people(school: str, numbers: Sequence[int]) -> int:
    """End the access of people, of all of them or none. Raises BotError where the school has no such person."""
    _people(read_settings(), school).remove(school, *numbers, by=at_command_line())
    if len(numbers) == 1:
        print(f"Person {numbers[0]} can no longer ask at {school}.")
    else:
        print(f"{len(numbers)} people can no longer ask at {school}: {', '.join(map(str, numbers))}.")
    return 0


def replace_headteacher(school: str) -> int:
    """End the access of a school's headteacher and print an invitation for the next. Raises BotError where there is no school."""
    settings = read_settings()
    configuration = read_configuration(settings)
    people = _people(settings, school)
    done = people.replace_headteacher(school, by=at_command_line())
    ended = {0: "No headteacher had joined", 1: "The headteacher's access has ended"}
    print(f"{ended.get(done.people, f'The access of {done.people} headteachers has ended')}.")
    if done.invitations:
        print(f"Open invitations to be headteacher that can no longer be used: {done.invitations}.")
    print("Give this to the new headteacher alone:")
    _print_invitation(done.invitation, done.code, ways_in(settings, configuration), configuration)
    others = len(people.invitations(school)) - 1
    if others:
        print(
            f"Other open invitations: {others}. If the last headteacher may hold a code, take it back: "
            f"`policybot audit --school {school}` says who made each."
        )
    return 0


def desk_link(school: str, number: int | None) -> int:
    """Print a link that opens the desk once: for the person of this number, else for the school's one headteacher.

    Raises BotError where there is no such school or person, or nothing at the desk is for them.
    """
    settings = read_settings()
    configuration = read_configuration(settings)
    versions, people = open_versions(settings), _people(settings, school)
    if settings.demo:
        token = demonstration_link(versions, people, DeskAccess(versions.engine, people, versions.now))
    else:
        token = DeskAccess(versions.engine, people, versions.now).make_link(_at_desk(people.of(school), school, number))
    print(ways_in(settings, configuration).desk_link(token))
    print("It opens the desk once, within ten minutes: give it to this person alone.")
    return 0


def _at_desk(members: Sequence[Person], school: str, number: int | None) -> Person:
    if number is not None:
        found = [person for person in members if person.id == number]
        wrong = f"{school} has no person {number}: `policybot people --school {school}` lists them."
    else:
        found = [person for person in members if person.role is PersonRole.HEADTEACHER]
        wrong = f"{school} has no headteacher yet: invite one with `policybot invite --school {school} --role headteacher`."
        if len(found) > 1:
            numbers = " or ".join(str(person.id) for person in found)
            raise BotError(f"{school} has more than one headteacher: say for whom it is, with --person {numbers}.")
    if not found:
        raise BotError(wrong)
    return found[0]


def revoke_invitation(school: str, number: int) -> int:
    """Take an invitation back. Raises BotError where the school has none of that number."""
    _people(read_settings(), school).revoke(school, number, by=at_command_line())
    print(f"Invitation {number} to {school} can no longer be used.")
    return 0


def _people(settings: Settings, school: str) -> People:
    versions = open_versions(settings)
    known = [one.id for one in versions.schools()]
    if school not in known:
        raise BotError(no_such_school(school, known))
    return People(versions.engine, versions.now)


def _require_link(ways: WaysIn, channel: str | None) -> None:
    if ways.to_scan(channel=channel) is None:
        if channel == TELEGRAM:
            raise BotError("There is no link to Telegram without the bot's name: set POLICYBOT_TELEGRAM__BOT_NAME.")
        raise BotError(f"A phone cannot open {ways.page}: set POLICYBOT_PUBLIC_URL to the address by which people reach it.")


def _told(person: Person) -> str:
    ends = f", until {spoken(person.until)}" if person.until else ""
    invited = f", by invitation {person.invitation}" if person.invitation else ""
    return f"{person.id}. {person.role}, on {person.channel}, since {spoken(person.since)}{invited}{ends}"


def _print_invitation(invitation: Invitation, code: str, ways: WaysIn, configuration: Configuration) -> None:
    print(f"Invitation {invitation.id} to {invitation.school_id}, as {invitation.role}: {code}")
    print(f"It serves one person, until {spoken(invitation.expires_at)}. The code is shown only now.")
    _print_end_of_pass(invitation)
    print(f"They open {ways.page_link(code)}, or type the code at {ways.page}.")
    if configuration.telegram:
        link = ways.telegram_link(code)
        print(f"On Telegram they open {link}" if link else f"On Telegram they write to the bot: /join {code}")
    if configuration.entra and invitation.role in AT_DESK:
        print(f"With their Microsoft account they sign in at {ways.desk} and type the code there.")


def _print_end_of_pass(invitation: Invitation) -> None:
    if invitation.pass_until:
        print(f"Their access ends {spoken(invitation.pass_until)}.")


def _give_qr_code(link: str, file: Path) -> None:
    if can_be_shown():
        print(as_characters(link))
    try:
        as_file(link, file)
    except OSError as error:
        raise BotError(f"{file} cannot be written ({error.strerror}); the invitation stands, and its code is above.") from None
    print(f"{file} holds a QR code of {link}: give it to this person alone.")
