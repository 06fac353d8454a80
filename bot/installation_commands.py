"""The commands of whoever provides policybot to many schools: links that connect workspaces and tenants, and what they did."""

from bot.audit import at_command_line
from bot.bootstrap import open_versions
from bot.clock import spoken
from bot.configuration import read_configuration
from bot.errors import BotError
from bot.installations import LINK_LASTS, Installations
from bot.people import CHANNEL_NAMES, SLACK, TEAMS
from bot.secret import secret_key
from bot.settings import Settings, read_settings
from bot.ways_in import ways_in
from corpus.versions import no_such_school


def install_link(school: str, channel: str, beside: str | None) -> int:
    """Print a link that connects a workspace or a tenant to a school once, and what to do with it.

    `beside` is the school that it is connected to already, None where it is to be nobody's yet. Raises BotError where there is no
    such school, or the channel is not set up for it.
    """
    settings = read_settings()
    configuration, installations = read_configuration(settings), _installations(settings, school, *([beside] if beside else []))
    if beside == school:
        raise BotError(f"--beside names another school than {school}: one that the workspace is connected to already.")
    if channel == SLACK and not (configuration.slack and configuration.slack.client_id):
        raise BotError(
            "Slack is not set up as an app that many workspaces install: set slack.client_id, as docs/provider.md says, or name "
            "the workspace under slack.workspaces."
        )
    if channel == TEAMS and not configuration.teams:
        raise BotError("Microsoft Teams is not set up: docs/provider.md says how.")
    token = installations.make_link(school, channel, beside, at_command_line())
    until = spoken(installations.now() + LINK_LASTS)
    if channel == SLACK:
        print(ways_in(settings, configuration).install_link(token))
        print(f"It connects one workspace to {school}, once, until {until}. It is shown only now.")
        print("Give it to whoever may install apps in the school's Slack workspace: they open it and allow the app there.")
        return 0
    print(f"/connect {token}")
    print(f"It connects one organisation's Microsoft Teams to {school}, once, until {until}. It is shown only now.")
    print("Give it to whoever runs the school's Microsoft Teams, with the app's package. They upload the package at")
    print(
        "https://admin.teams.microsoft.com under Teams apps, Manage apps; then open policybot in Teams and write that line to it."
    )
    return 0


def list_installations(school: str | None) -> int:
    """Print which workspaces and tenants are connected by links, of one school where it is given, never a token.

    Raises BotError where there is no such school.
    """
    found = [
        one for one in _installations(read_settings(), *([school] if school else [])).all() if school in (None, one.school_id)
    ]
    for one in found:
        print(f"{CHANNEL_NAMES[one.channel]}, {one.tenant}: {one.school_id}, since {spoken(one.installed_at)}")
    if not found:
        print("Nothing is connected by a link. policybot install-link makes one.")
    return 0


def remove_installation(tenant: str, school: str | None) -> int:
    """Take a workspace or a tenant from its schools, or from one of them. Raises BotError where it is not connected to them."""
    installations = _installations(read_settings(), *([school] if school else []))
    found = [one for one in installations.all() if one.tenant.lower() == tenant.lower() and school in (None, one.school_id)]
    if not found:
        raise BotError(f"{tenant} is not connected{f' to {school}' if school else ''}: `policybot installations` lists what is.")
    for one in found:
        installations.remove(one, at_command_line())
        print(
            f"{CHANNEL_NAMES[one.channel]}, {one.tenant}: nobody there is answered from the policies of {one.school_id} any more."
        )
    print("The app stays there until whoever runs it takes it out.")
    return 0


def _installations(settings: Settings, *schools: str) -> Installations:
    versions = open_versions(settings)
    known = [one.id for one in versions.schools()]
    for school in schools:
        if school not in known:
            raise BotError(no_such_school(school, known))
    return Installations(versions.engine, secret_key(settings), {}, versions.now)
