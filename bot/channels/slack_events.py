"""What Slack sends -> a message: events, slash commands, buttons and shortcuts; whatever is none of ours gives nothing.

https://docs.slack.dev/reference/events and https://docs.slack.dev/reference/interaction-payloads say what they hold.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from bot.commands import read_command
from bot.messages import File, Message, checked
from bot.people import SLACK

SHORTCUT = "which_policy"
# Messages of people, as opposed to joins, topics, deletions and what bots post; https://docs.slack.dev/reference/events/message.
_WRITTEN = (None, "file_share", "me_message", "thread_broadcast")
_SPECIAL = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_DOCUMENT = "file"
_KEPT_BY_SLACK = ("hosted", "snippet")
_TAKE_A_WORD = ("join", "invite")
_HOURS = re.compile(r"\d[:.]\d\d|^any time", re.IGNORECASE)


class Received(Struct, frozen=True):
    """A message, the key under which Slack would deliver it again, and whose it is: a user, and that user's own workspace."""

    key: str
    message: Message
    user: str
    team: str


class Opened(Struct, frozen=True):
    """Somebody opened the Messages tab, where examples can be offered."""

    user: str
    team: str
    channel: str


class Ended(Struct, frozen=True):
    """The app was taken out of a workspace, or its token there does not hold any more; `at` is in UTC."""

    team: str
    at: datetime


def read(body: Mapping[str, Any]) -> Received | Opened | Ended | None:
    """Return what a request of Slack is about, None where there is nothing to answer.

    Raises KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError or OSError where it has another shape than
    Slack's documents say.
    """
    if body.get("type") == "event_callback":
        return _ended(body, body["event"]) or _event(body, body["event"])
    if "command" in body:
        return _command(body)
    if body.get("type") == "block_actions":
        return _pressed(body)
    if body.get("type") == "message_action" and body.get("callback_id") == SHORTCUT:
        return _shortcut(body)
    return None


def _ended(body: Mapping[str, Any], event: Mapping[str, Any]) -> Ended | None:
    """Return that the bot's own token ended: users' tokens are told of too.

    https://docs.slack.dev/reference/events/tokens_revoked and https://docs.slack.dev/reference/events/app_uninstalled.
    """
    kind = event.get("type")
    if kind == "app_uninstalled" or (kind == "tokens_revoked" and event["tokens"].get("bot")):
        return Ended(body["team_id"], datetime.fromtimestamp(body["event_time"], UTC).replace(tzinfo=None))
    return None


def _event(body: Mapping[str, Any], event: Mapping[str, Any]) -> Received | Opened | None:
    team = _team_of_app(body)
    match event.get("type"):
        case "app_home_opened" if event.get("tab") == "home":
            return _received(
                body["event_id"],
                user=event["user"],
                tenant=team,
                place=f"{team}/{event['channel']}",
                text="/policies",
                where={"home": event["user"]},
            )
        case "app_home_opened" if event.get("tab") == "messages":
            return msgspec.convert({"user": event["user"], "team": team, "channel": event["channel"]}, Opened)
        case "app_mention" if _room(event["channel"]):  # in direct messages it comes as a message too
            return _mention(body, event)
        case "message" if event.get("channel_type") == "im":
            return _direct(body, event)
        case _:
            return None


def _direct(body: Mapping[str, Any], event: Mapping[str, Any]) -> Received | None:
    """Return what somebody wrote in direct messages, or changed in words; https://docs.slack.dev/reference/events/message.message_changed."""
    written, key = event, body["event_id"]
    if event.get("subtype") == "message_changed":
        written = event["message"]
        if written.get("text") == event.get("previous_message", {}).get("text"):
            return None
        key = _key_of_edit(event["channel"], written)
    if not _is_written_by_a_person(written):
        return None
    team = _team_of_app(body)
    return _received(
        key,
        user=written["user"],
        home_team=_team_of(written),
        tenant=team,
        # What is asked next in direct messages follows on, whether it is written in the thread or beside it.
        place=f"{team}/{event['channel']}",
        text=_typed(written, body),
        attachment=_attachment(written),
        files=tuple(_files(written, team)),
        where={"channel": event["channel"], "thread": written.get("thread_ts") or written["ts"]},
        replies_to=_replies_to(event["channel"], written),
    )


def message_id(channel: str, ts: str) -> str:
    """Return what names a message among all."""
    return f"{channel}/{ts}"


def _replies_to(channel: str, written: Mapping[str, Any]) -> str | None:
    """Return the id of the message whose thread somebody wrote in, None where they began it themselves or there is none.

    In direct messages the bot alone begins the others: what it says of its own accord stands in no thread.
    """
    root = written.get("thread_ts")
    if not root or root == written["ts"] or written.get("parent_user_id") == written["user"]:
        return None
    return message_id(channel, root)


def _mention(body: Mapping[str, Any], event: Mapping[str, Any]) -> Received | None:
    """Return what somebody wrote in a channel that mentions the bot; an edited mention comes as another event."""
    if not _is_written_by_a_person(event):
        return None
    team, thread = _team_of_app(body), event.get("thread_ts") or event["ts"]
    return _received(
        _key_of_edit(event["channel"], event) if "edited" in event else body["event_id"],
        user=event["user"],
        home_team=_team_of(event),
        tenant=team,
        place=f"{team}/{event['channel']}/{thread}",
        text=_typed(event, body),
        attachment=_attachment(event),
        private=False,
        room=event["channel"],
        where={"channel": event["channel"], "thread": thread},
    )


def _command(body: Mapping[str, Any]) -> Received:
    """Return what somebody asked with /policy, which only the asker sees answered."""
    team, channel, user = body["team_id"], body["channel_id"], body["user_id"]
    return _received(
        f"command:{body['trigger_id']}",
        user=user,
        tenant=team,
        place=f"{team}/{channel}/{user}",
        text=_as_command(plain(body.get("text", "").strip() or "help")),
        room=_room(channel),
        where={"response_url": _response_url(body)},
    )


def _pressed(body: Mapping[str, Any]) -> Received | None:
    """Return that somebody pressed a button, in a message or on the Home tab."""
    action, container = body["actions"][0], body["container"]
    if action.get("type") not in ("button", "feedback_buttons") or not action.get("value"):
        return None
    team, user = body["team"]["id"], body["user"]["id"]
    channel, at = container.get("channel_id"), container.get("thread_ts") or container.get("message_ts")
    alone, direct = container.get("is_ephemeral", False), _room(channel or "D") is None
    where: dict[str, Any] = {"channel": channel, "thread": at}
    if alone:
        where = {"response_url": _response_url(body), "thread": container.get("thread_ts")}
    elif channel is None:
        where = {}
    return _received(
        f"pressed:{user}:{action['action_ts']}:{body['trigger_id']}",
        user=user,
        home_team=body["user"].get("team_id"),
        tenant=team,
        place=f"{team}/{channel or user}" if direct else f"{team}/{channel}/{user if alone else at}",
        pressed=action["value"],
        private=alone or direct,
        room=_room(channel) if channel else None,
        where=where,
    )


def _shortcut(body: Mapping[str, Any]) -> Received:
    """Return that somebody wants to know, alone, which policy covers a message."""
    team, channel, user = body["team"]["id"], body["channel"]["id"], body["user"]["id"]
    written = body["message"]
    return _received(
        f"shortcut:{body['trigger_id']}",
        user=user,
        home_team=body["user"].get("team_id"),
        tenant=team,
        place=f"{team}/{channel}/{user}",
        text=plain(written.get("text", ""), written.get("blocks", ())).strip(),
        attachment=_attachment(written),
        room=_room(channel),
        where={"response_url": _response_url(body)},
    )


def _received(
    key: str, *, user: str, tenant: str, place: str, where: dict[str, Any], home_team: str | None = None, **more: Any
) -> Received:
    message = Message(
        channel=SLACK,
        account=f"{tenant}/{user}",
        place=place,
        tenant=tenant,
        where={**where, "user": user},
        **more,
    )
    return Received(str(key), checked(message), *msgspec.convert((user, home_team or tenant), tuple[str, str]))


def _response_url(body: Mapping[str, Any]) -> str:
    """Return the address at which whoever used the bot can be answered alone."""
    return msgspec.convert(body["response_url"], str)


def _is_written_by_a_person(written: Mapping[str, Any]) -> bool:
    return written.get("subtype") in _WRITTEN and "bot_id" not in written and bool(written.get("user"))


def _team_of_app(body: Mapping[str, Any]) -> str:
    """Return the workspace that holds the app: in a shared channel `team_id` may be another."""
    granted = body.get("authorizations") or [{}]
    return str(granted[0].get("team_id") or body["team_id"])


def _team_of(written: Mapping[str, Any]) -> str | None:
    return written.get("user_team") or written.get("source_team") or written.get("team")


def _key_of_edit(channel: str, written: Mapping[str, Any]) -> str:
    return f"edit:{channel}:{written['ts']}:{written.get('edited', {}).get('ts', '')}"


def _room(channel: str) -> str | None:
    """Return a channel's id, None for direct messages."""
    return None if channel.startswith("D") else channel


def _typed(written: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Return what somebody typed, without the mention of the bot."""
    text = written.get("text", "")
    for granted in body.get("authorizations") or ():
        text = text.replace(f"<@{granted.get('user_id')}>", " ")
    return _as_command(plain(text, written.get("blocks", ())).strip())


def _as_command(text: str) -> str:
    """Return a command as the conversation reads it: Slack lets nobody type a message that begins with a stroke."""
    command = read_command(f"/{text}")
    if command is None:
        return text
    name, rest = command
    is_command = not rest or (name in _TAKE_A_WORD and not rest.count(" ")) or (name == "duty" and _HOURS.search(rest))
    return f"/{text}" if is_command else text


def plain(text: str, blocks: Iterable[Mapping[str, Any]] = ()) -> str:
    """Return the words that somebody saw while typing: Slack sends mentions, links and emoji as marks.

    https://docs.slack.dev/messaging/formatting-message-text. `blocks` say which emoji were chosen.
    """
    for name, character in _emoji(blocks):
        text = text.replace(f":{name}:", character)
    words = _SPECIAL.sub(_as_seen, text)
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _as_seen(mark: re.Match[str]) -> str:
    kind, target, label = mark.groups()
    if kind == "@":
        return f"@{label or 'somebody'}"
    if kind == "#":
        return f"#{label or 'channel'}"
    if kind == "!":
        return label or f"@{target.partition('^')[0]}"
    return label or target.removeprefix("mailto:").removeprefix("tel:")


def _emoji(blocks: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Yield the name and the character of each emoji in the rich text of a message."""
    for block in blocks:
        for element in block.get("elements", ()) if block.get("type") == "rich_text" else ():
            for part in element.get("elements", ()):
                if part.get("type") == "emoji" and (characters := _characters(part.get("unicode") or "")):
                    yield part["name"], characters


def _characters(numbers: str) -> str:
    """Return what an emoji is written with by the numbers of its characters, as 1f44b-1f3fb; "" where they are none."""
    try:
        characters = "".join(chr(int(number, 16)) for number in numbers.split("-"))
        characters.encode()  # half of a character is none
    except (ValueError, OverflowError):
        return ""
    return characters


def _attachment(written: Mapping[str, Any]) -> str | None:
    """Return what came with a message that is no text."""
    files: Sequence[Mapping[str, Any]] = written.get("files") or ()
    return _kind(files[0]) if files else None


def _kind(file: Mapping[str, Any]) -> str:
    mimetype = file.get("mimetype", "")
    if mimetype.startswith("image/"):
        return "photo"
    if mimetype.startswith("audio/"):
        return "voice message"
    return "video" if mimetype.startswith("video/") else _DOCUMENT


def _files(written: Mapping[str, Any], team: str) -> Iterable[File]:
    """Yield the documents that came with a message; https://docs.slack.dev/reference/objects/file-object."""
    for file in written.get("files") or ():
        if _kind(file) == _DOCUMENT and file.get("name"):
            # What is kept elsewhere, or is another workspace's, Slack gives to no app of this one.
            is_ours = file.get("mode") in _KEPT_BY_SLACK and file.get("file_access", "visible") == "visible"
            url = file.get("url_private_download") if is_ours and not file.get("is_external") else None
            yield File(file["name"], file.get("size"), {"url": url, "team": team} if url else {})
