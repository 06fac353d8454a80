"""The channels' configuration: sections of policybot.yaml, and environment variables such as POLICYBOT_SLACK__BOT_TOKEN.

Read by `serve`, `doctor` and the office's commands alone, since pydantic takes a while to load. A channel is on when its section
is there, in the file or in the environment.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from inspect import isclass
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

from bot.errors import SettingsError
from bot.settings import FILE_NAME, LOOPBACK, PREFIX, SECTIONS, Settings, not_known

WEBHOOK_PATH = "/telegram/webhook"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# What Slack calls the tokens that begin so; https://docs.slack.dev/authentication/tokens
_SLACK_TOKENS = {
    "xoxb-": "a bot token",
    "xapp-": "an app-level token",
    "xoxp-": "a user token",
    "xoxe": "a token for app settings",
}


_OF_MANY = "slack.client_id of an app that many install"
_THE_BOT_TOKEN = "the bot token, which begins with xoxb- and stands under OAuth & Permissions on the app's page at Slack"  # noqa: S105
_WORKSPACES = (
    "a workspace's id with its schools, such as T0123ABCD: {schools: [st-marys]}, since a token does not tell whose staff ask"
)


def _slack_token(begins: str) -> Callable[[SecretStr], SecretStr]:
    def check(token: SecretStr) -> SecretStr:
        secret = token.get_secret_value()
        if secret.startswith(begins):
            return token
        wanted = f"{_SLACK_TOKENS[begins].removeprefix('a ').removeprefix('an ')} begins with {begins}"
        for beginning, kind in _SLACK_TOKENS.items():
            if secret.startswith(beginning):
                raise ValueError(f"begins with {beginning}: that is {kind}; the {wanted}.")
        raise ValueError(f"is no token of this kind: the {wanted}.")

    return check


def _slack_client_id(client_id: str) -> str:
    if not re.fullmatch(r"\d+\.\d+", client_id):
        raise ValueError("is no client ID of a Slack app: those are digits, a dot, and digits after that.")
    return client_id


def _is_slack_app_of_many(info: ValidationInfo) -> bool:
    return info.data.get("client_id") is not None


def _slack_client_secret(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if secret is None and _is_slack_app_of_many(info):
        raise ValueError("is missing: set it to the client secret, from Basic Information on the app's page at Slack.")
    if secret is not None and info.data.get("client_id", "") is None:
        raise ValueError("belongs to nothing: set slack.client_id to the client ID, from the same page, or take it out.")
    return secret


def _slack_bot_token(token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if _is_slack_app_of_many(info):
        if token is not None:
            raise ValueError(f"is of one workspace, and {_OF_MANY}: take one of the two out.")
        return None
    if token is None:
        raise ValueError(f"is missing: it is to be {_THE_BOT_TOKEN}.")
    return _slack_token("xoxb-")(token)


def _slack_app_token(token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if token is not None and _is_slack_app_of_many(info):
        raise ValueError(f"is for Socket Mode, and {_OF_MANY}, from which Slack sends to /slack/events: take it out.")
    return token and _slack_token("xapp-")(token)


def _slack_workspaces(given: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    if _is_slack_app_of_many(info):
        if given is not None:
            raise ValueError(f"is for slack.bot_token, and {_OF_MANY}, each by a link of policybot install-link: take it out.")
        return {}
    if given is None:
        raise ValueError(f"is missing: it is to be {_WORKSPACES}.")
    return handler(given)


def _signing_secret(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if secret is None and _is_slack_app_of_many(info):
        raise ValueError("is missing: set it to the signing secret, from Basic Information on the app's page at Slack.")
    if secret is None and "app_token" in info.data and info.data["app_token"] is None:
        raise ValueError(
            "is missing: set it to the signing secret, from Basic Information on the app's page at Slack, or set "
            "slack.app_token to use Socket Mode."
        )
    if secret is not None and secret.get_secret_value().startswith(tuple(_SLACK_TOKENS)):
        raise ValueError("is a token: copy the signing secret, which stands under Basic Information on the app's page at Slack.")
    return secret


def _telegram_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise ValueError("is no token of a Telegram bot: BotFather gives it as digits, a colon, and letters after that.")
    return token


def _bot_name(name: str) -> str:
    bare = name.removeprefix("@")
    # core.telegram.org/bots/features#creating-a-new-bot
    if not re.fullmatch(r"(?=.{5,32}$)[A-Za-z0-9_]+bot", bare, re.IGNORECASE):
        raise ValueError("is no name of a Telegram bot: those have 5 to 32 letters from A to Z, digits and _, and end in bot.")
    return bare


def _guid(value: str) -> str:
    # The value is not repeated, here or below: somebody may have set the secret in its place.
    if not _GUID.fullmatch(value):
        raise ValueError("is no id of Microsoft's: those look like 1b4e28ba-2fa1-11d2-883f-0016d3cca427.")
    return value.lower()


def _client_secret(secret: SecretStr) -> SecretStr:
    if _GUID.fullmatch(secret.get_secret_value()):
        raise ValueError("is the secret's id: copy its value instead, which Microsoft shows only when the secret is made.")
    return secret


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("is no web address: it begins with https://.")
    return value


def _https(value: str) -> str:
    if not _is_https(value):
        raise ValueError("does not begin with https://, without which anybody on the way could speak as Microsoft.")
    return value


def _is_https(address: str) -> bool:
    """Tell whether an address is read by nobody on the way: it is https, or leads to this machine alone."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def _webhook_address(value: str) -> str:
    if not _is_https(_address(value)):  # where a local server stands in for Telegram
        raise ValueError("does not begin with https://, and Telegram sends to no other addresses.")
    return value if urlsplit(value).path.strip("/") else value.rstrip("/") + WEBHOOK_PATH


def _webhook_secret(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if secret is None:
        if info.data.get("webhook_url"):
            raise ValueError("is missing: make one up of letters, digits, _ and -, so that nobody else can speak as Telegram.")
    elif not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        raise ValueError("may hold 1 to 256 letters from A to Z, digits, _ and - only.")  # core.telegram.org/bots/api#setwebhook
    return secret


def _with_stroke(value: str) -> str:
    return value if value.endswith("/") else f"{value}/"


def _without_stroke(value: str) -> str:
    return value.rstrip("/")


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", value):
        raise ValueError(
            "is no name of a mail server: those look like smtp.st-marys.example, without a port and without https://."
        )
    return value


def _encryption(value: str, info: ValidationInfo) -> str:
    if value == "none" and info.data.get("host", LOOPBACK[0]) not in LOOPBACK:
        raise ValueError("is none, which is for a mail server on this machine alone: set it to starttls or tls.")
    return value


def _mail_password(password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if info.data.get("user") and not password:
        raise ValueError("is missing: set it to the password that belongs to email.user, or take email.user out.")
    if password and info.data.get("user") == "":
        raise ValueError("belongs to nobody: set email.user to the name with which policybot signs in to the mail server.")
    return password


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", value):
        raise ValueError("is no e-mail address: those look like policybot@st-marys.example.")
    return value


Address = Annotated[str, AfterValidator(_address)]
Guid = Annotated[str, AfterValidator(_guid)]


class _Section(BaseModel):
    """Keys of the file; a key with nothing after its colon counts as left out, and space around a value as not there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, values: Any) -> Any:
        if values is None:
            return {}
        if not isinstance(values, dict):
            return values
        return {key: value.strip() if isinstance(value, str) else value for key, value in values.items() if value is not None}


class Tenant(_Section):
    """A tenant of Microsoft's: the schools whose staff it holds."""

    schools: Annotated[list[str], Field(min_length=1, description="a list of school ids, such as [st-marys]")]


class Organisation(Tenant):
    """A Slack workspace or a Teams tenant: the schools whose staff it holds, and the rooms that are one school's alone."""

    rooms: Annotated[dict[str, str], Field(description="the id of a room and that of its school, such as C0123: st-marys")] = {}

    @field_validator("rooms")
    @classmethod
    def _rooms_are_of_its_schools(cls, rooms: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        schools = info.data.get("schools", rooms.values())
        for room, school in rooms.items():
            if school not in schools:
                raise ValueError(f"gives {room} to {school}, which is not among the schools beside it: {', '.join(schools)}.")
        return rooms


class Slack(_Section):
    """With `app_token` the bot connects to Slack (Socket Mode); without, Slack sends signed events to /slack/events.

    `client_id` stands in the place of `bot_token` and `workspaces` where many workspaces install one app, by OAuth.
    """

    client_id: Annotated[
        Annotated[str, AfterValidator(_slack_client_id)] | None,
        Field(description="the client ID of an app that many workspaces install, from Basic Information on its page at Slack"),
    ] = None
    client_secret: Annotated[
        SecretStr | None,
        AfterValidator(_slack_client_secret),
        Field(validate_default=True, description="the client secret, from Basic Information on the app's page at Slack"),
    ] = None
    bot_token: Annotated[
        SecretStr | None,
        AfterValidator(_slack_bot_token),
        Field(validate_default=True, description=_THE_BOT_TOKEN),
    ] = None
    app_token: Annotated[
        SecretStr | None,
        AfterValidator(_slack_app_token),
        Field(description="the app-level token, which begins with xapp-"),
    ] = None
    signing_secret: Annotated[
        SecretStr | None,
        AfterValidator(_signing_secret),
        Field(validate_default=True, description="the signing secret, from Basic Information on the app's page at Slack"),
    ] = None
    api_base_url: Annotated[Address, AfterValidator(_with_stroke), Field(description="a web address")] = "https://slack.com/api/"
    workspaces: Annotated[
        dict[str, Organisation],
        Field(min_length=1),
        WrapValidator(_slack_workspaces),
        Field(default=None, validate_default=True, description=_WORKSPACES),
    ]
    allow_guests: Annotated[bool, Field(description="true or false")] = False

    @field_validator("workspaces")
    @classmethod
    def _ids_are_workspaces(cls, workspaces: dict[str, Organisation]) -> dict[str, Organisation]:
        for workspace, organisation in workspaces.items():
            if not re.fullmatch(r"[TE][A-Z0-9]+", workspace):
                raise ValueError(f"names {workspace}, which is no workspace: a workspace's id begins with T, as in T0123ABCD.")
            for room in organisation.rooms:
                if not re.fullmatch(r"[CG][A-Z0-9]+", room):
                    raise ValueError(f"names {room}, which is no room of {workspace}: a channel's id begins with C.")
        return workspaces


class Telegram(_Section):
    """With `webhook_url` Telegram sends there, to `WEBHOOK_PATH` unless it says more; without, the bot asks for what is new."""

    token: Annotated[
        SecretStr,
        AfterValidator(_telegram_token),
        Field(description="the token that BotFather gave: digits, a colon, and letters"),
    ]
    bot_name: Annotated[
        Annotated[str, AfterValidator(_bot_name)] | None,
        Field(description="the name that BotFather gave, which ends in bot"),
    ] = None
    api_base_url: Annotated[Address, AfterValidator(_without_stroke), Field(description="a web address")] = (
        "https://api.telegram.org"
    )
    webhook_url: Annotated[
        Annotated[str, AfterValidator(_webhook_address)] | None, Field(description="a web address that begins with https://")
    ] = None
    webhook_secret: Annotated[
        SecretStr | None,
        AfterValidator(_webhook_secret),
        Field(validate_default=True, description="letters from A to Z, digits, _ and -"),
    ] = None


class Teams(_Section):
    """A bot of one tenant, as Microsoft lets them be made; `tenants` says whose staff are in it."""

    app_id: Annotated[Guid, Field(description="the bot's Microsoft App ID, from its page in Azure")]
    tenant_id: Annotated[Guid, Field(description="the Directory (tenant) ID, from the app registration in Azure")]
    client_secret: Annotated[
        SecretStr,
        AfterValidator(_client_secret),
        Field(description="the value of a client secret, from Certificates & secrets of the app registration in Azure"),
    ]
    openid_metadata_url: Annotated[Address | None, Field(description="a web address")] = None
    token_url: Annotated[Address | None, Field(description="a web address")] = None
    allow_unauthenticated: Annotated[bool, Field(description="true or false")] = False
    tenants: Annotated[
        dict[Guid, Organisation],
        Field(description="the tenant's id and its schools, such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427: {schools: [st-marys]}"),
    ] = {}

    @field_validator("tenants")
    @classmethod
    def _own_tenant_is_told(cls, tenants: dict[str, Organisation], info: ValidationInfo) -> dict[str, Organisation]:
        own = info.data.get("tenant_id")
        if tenants and own and own not in tenants:
            raise ValueError(f"does not name the bot's own tenant: add {own} with its schools.")
        return tenants


class Entra(_Section):
    """An app registration with which people sign in to the desk; `tenants` says whose, and whose staff are in each."""

    client_id: Annotated[Guid, Field(description="the Application (client) ID, from the app registration in Entra")]
    client_secret: Annotated[
        SecretStr,
        AfterValidator(_client_secret),
        Field(description="the value of a client secret, from Certificates & secrets of the app registration in Entra"),
    ]
    authority: Annotated[
        Address,
        AfterValidator(_without_stroke),
        AfterValidator(_https),
        Field(description="a web address that begins with https://"),
    ] = "https://login.microsoftonline.com"
    tenants: Annotated[
        dict[Guid, Tenant],
        Field(
            min_length=1,
            description="the Directory (tenant) ID and its schools, such as "
            "1b4e28ba-2fa1-11d2-883f-0016d3cca427: {schools: [st-marys]}; nobody of another tenant is let in",
        ),
    ]


class Email(_Section):
    """The mail server at which mails to the chair of governors are handed in."""

    host: Annotated[str, AfterValidator(_host), Field(description="the name of the mail server, such as smtp.st-marys.example")]
    encryption: Annotated[
        Literal["starttls", "tls", "none"],
        AfterValidator(_encryption),
        Field(description="starttls, tls, or none where the mail server is on this machine"),
    ] = "starttls"
    port: Annotated[int | None, Field(ge=1, le=65535, description="a number, such as 587")] = None
    user: Annotated[str, Field(description="the name with which policybot signs in to the mail server")] = ""
    password: Annotated[
        SecretStr | None,
        AfterValidator(_mail_password),
        Field(validate_default=True, description="the password that belongs to email.user"),
    ] = None
    sender: Annotated[
        str,
        AfterValidator(_mail_address),
        Field(description="the address that mails come from, such as policybot@st-marys.example"),
    ]

    @property
    def server_port(self) -> int:
        """The port, that of the encryption unless another is set."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.encryption]


class Configuration(BaseSettings):
    """What is configured beside `Settings`; a channel that is None is off."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    slack: Annotated[Slack | None, Field(description="keys of its own under it, such as workspaces")] = None
    telegram: Annotated[Telegram | None, Field(description="keys of its own under it, such as webhook_url")] = None
    teams: Annotated[Teams | None, Field(description="keys of its own under it, such as tenants")] = None
    entra: Annotated[Entra | None, Field(description="keys of its own under it, such as tenants")] = None
    email: Annotated[Email | None, Field(description="keys of its own under it, such as host")] = None
    retention_days: Annotated[int, Field(ge=1, le=365, description="a number of days from 1 to 365")] = 90
    escalation_days: Annotated[int, Field(ge=30, le=3650, description="a number of days from 30 to 3650")] = 365

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources: the environment, which wins, and what is given, which is the file."""
        return env_settings, init_settings

    @property
    def channels(self) -> list[str]:
        """The names of the channels that are on, as people know them."""
        on = {"Slack": self.slack, "Telegram": self.telegram, "Microsoft Teams": self.teams}
        return [name for name, section in on.items() if section]


_Path = tuple[str, ...]
_ANY = "*"  # stands in a path for an id that the person chose


def _keys_of(model: type[BaseModel]) -> Iterator[tuple[_Path, FieldInfo]]:
    """Return the path of each key, with the field that it is."""
    for name, field in model.model_fields.items():
        yield (name,), field
        if section := _section_in(field):
            step = (_ANY,) if _is_table(field) else ()
            yield from (((name, *step, *rest), below) for rest, below in _keys_of(section))


def _section_in(field: FieldInfo) -> type[BaseModel] | None:
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel)), None)


def _is_table(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is dict


_FIELDS = dict(_keys_of(Configuration))
# Each variable, with the path of the key that it sets: a table, such as workspaces, stands in the file alone.
VARIABLES = {
    PREFIX + "__".join(path).upper(): path
    for path, field in _FIELDS.items()
    if _ANY not in path and not _is_table(field) and not _section_in(field)
}
KEYS = tuple(".".join(path) for path in _FIELDS if _ANY not in path)


def read_configuration(settings: Settings) -> Configuration:
    """Return the configuration that the environment and the file of `settings` give; the environment wins.

    Raises SettingsError with every problem, one a line, each naming the variable or the key and what to do; no secret is in it.
    """
    problems = [*_unknown_variables(), *_no_tables(settings.sections)]
    try:
        configuration = Configuration(**dict[str, Any](settings.sections))
    except ValidationError as error:
        told = [_told(found, settings.sections) for found in error.errors(include_input=False, include_url=False)]
        problems += [sentence for sentence in told if sentence and sentence not in problems]
    except UnreadableVariable:
        pass  # a variable that sets a whole table, which is among the problems
    if problems:
        raise SettingsError("\n".join(problems))
    if configuration.teams and configuration.teams.allow_unauthenticated and settings.host not in LOOPBACK:
        raise SettingsError(
            f"{_name(('teams', 'allow_unauthenticated'), settings.sections)} lets anybody speak as Microsoft: "
            "it is for tests, and only where POLICYBOT_BIND is 127.0.0.1; take it out."
        )
    if configuration.entra and not (settings.public_url and _is_https(settings.public_url)):
        raise SettingsError(
            "entra is set up, but Microsoft sends people back to an address with https:// alone: set POLICYBOT_PUBLIC_URL to the "
            "one by which people reach policybot, such as https://policies.school.example."
        )
    if configuration.slack and configuration.slack.client_id and not (settings.public_url and _is_https(settings.public_url)):
        raise SettingsError(
            "slack.client_id is set, but Slack sends people back to an address with https:// alone: set POLICYBOT_PUBLIC_URL to "
            "the one by which people reach policybot, such as https://policies.provider.example."
        )
    if configuration.email and not settings.public_url:
        raise SettingsError(
            "email is set up, but a link in a mail could be opened by nobody: set POLICYBOT_PUBLIC_URL to the address by which "
            "people reach policybot, such as https://policies.school.example."
        )
    return configuration


def check_schools(configuration: Configuration, known_ids: Iterable[str]) -> Configuration:
    """Return the configuration for these schools; where there is one alone and no tenant is told of, the bot's own is its.

    Raises SettingsError with every school that is named and not known, one a line, and where the tenant's schools must be told.
    """
    known = list(known_ids)
    problems = [
        f"{where} names {school}, which is no school here: {_choices(school, known)}"
        for where, school in _schools_named(configuration)
        if school not in known
    ]
    teams = configuration.teams
    if teams and not teams.tenants and "tenants" not in teams.model_fields_set:
        if len(known) == 1:
            tenants = {teams.tenant_id: Organisation(schools=known)}
            configuration = configuration.model_copy(update={"teams": teams.model_copy(update={"tenants": tenants})})
        else:
            problems.append(f"teams.tenants is missing: it is to be {_FIELDS['teams', 'tenants'].description}.")
    if problems:
        raise SettingsError("\n".join(problems))
    return configuration


def _schools_named(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Return each key that names a school, with the school."""
    tables: dict[str, Mapping[str, Tenant]] = {
        "slack.workspaces": configuration.slack.workspaces if configuration.slack else {},
        "teams.tenants": configuration.teams.tenants if configuration.teams else {},
        "entra.tenants": configuration.entra.tenants if configuration.entra else {},
    }
    for table, organisations in tables.items():
        for name, organisation in organisations.items():
            yield from ((f"{table}.{name}", school) for school in organisation.schools)


def _choices(school: str, known: list[str]) -> str:
    if not known:
        return "none is set up yet, so run policybot init first."
    nearest = get_close_matches(school, known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"choose one of {', '.join(known)}."


def _unknown_variables() -> Iterator[str]:
    """Return a sentence for each variable within a section that sets no key; bot/settings.py refuses those outside."""
    for name in os.environ:
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if not name.startswith(PREFIX) or name in VARIABLES or path[0] not in SECTIONS:
            continue
        table = next((key for key in _FIELDS if key == path or (path[: len(key)] == key and _is_table(_FIELDS[key]))), None)
        if table:
            yield f"{name} cannot be a variable: write {'.'.join(table)} in {FILE_NAME}, as {_FIELDS[table].description}."
        else:
            yield not_known(name, VARIABLES)


def _no_tables(sections: Mapping[str, object]) -> Iterator[str]:
    """Return a sentence for each section that is no table, which a variable within it would hide."""
    for key, value in sections.items():
        if (key,) not in VARIABLES.values() and not isinstance(value, dict):
            yield _not_right(key, (key,))


def _told(error: ErrorDetails, sections: Mapping[str, object]) -> str:
    """Return the sentence for what pydantic found; nothing where another sentence says it."""
    path = tuple(step for step in error["loc"] if isinstance(step, str) and step != "[key]")
    name = _name(path, sections)
    match error["type"]:
        case "extra_forbidden":
            return not_known(name, _siblings(path)) if _stands_in(sections, path) else ""
        case "value_error":
            return f"{name} {error['ctx']['error']}"
        case "missing":
            return f"{name} is missing: it is to be {_described(path)}."
        case _:
            return _not_right(name, path)


def _not_right(name: str, path: _Path) -> str:
    return f"{name} is not right: it is to be {_described(path)}."


def _name(path: _Path, sections: Mapping[str, object]) -> str:
    """Return a key's name as the person wrote it, or would write it beside what is written."""
    variable = PREFIX + "__".join(path).upper()
    if variable not in VARIABLES or (not os.environ.get(variable) and path[0] in sections):
        return ".".join(path)
    return variable


def _stands_in(sections: Mapping[str, object], path: _Path) -> bool:
    found: object = sections
    for step in path:
        if not isinstance(found, Mapping) or step not in found:
            return False
        found = found[step]
    return True


def _fits(key: _Path, path: _Path) -> bool:
    return len(key) == len(path) and all(mine in (_ANY, given) for mine, given in zip(key, path, strict=True))


def _siblings(path: _Path) -> list[str]:
    """Return what may stand where an unknown key stands."""
    return [".".join((*path[:-1], key[-1])) for key in _FIELDS if _fits(key[:-1], path[:-1])]


def _described(path: _Path) -> str:
    """Return what a key is to be; an entry of a table is described by the table."""
    found = next((field.description for key, field in _FIELDS.items() if _fits(key, path)), None)
    return found or _described(path[:-1])
