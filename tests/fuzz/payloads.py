"""Messages to begin with, as Slack, Teams and Telegram send them: of each kind that is read."""

from typing import Any

SCHOOL_TEAM, STAFF, BOT = "T0SCHOOL", "U0ANNE", "U0POLICYBOT"
_EVENT: dict[str, Any] = {
    "type": "event_callback",
    "team_id": SCHOOL_TEAM,
    "api_app_id": "A1",
    "event_id": "Ev1",
    "event_time": 1764000000,
    "authorizations": [{"enterprise_id": None, "team_id": SCHOOL_TEAM, "user_id": BOT, "is_bot": True}],
}
_SAID: dict[str, Any] = {
    "type": "message",
    "channel_type": "im",
    "user": STAFF,
    "team": SCHOOL_TEAM,
    "channel": "D0ANNE",
    "ts": "1764000000.000100",
    "text": "can I accept a <@U2|friend> request :wave: from <https://x.example|a parent>? &amp; &lt;b&gt;",
    "blocks": [
        {
            "type": "rich_text",
            "block_id": "b1",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fb"}]},
            ],
        }
    ],
}
_FILE: dict[str, Any] = {
    "id": "F1",
    "name": "policy.docx",
    "mimetype": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "size": 2000,
    "mode": "hosted",
    "url_private_download": "https://files.slack.com/F1/policy.docx",
}
_BUTTON: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": STAFF, "username": "anne", "team_id": SCHOOL_TEAM},
    "team": {"id": SCHOOL_TEAM, "domain": "school"},
    "trigger_id": "1.2.3",
    "response_url": "https://hooks.slack.com/actions/1",
    "container": {"type": "message", "message_ts": "1764000000.000200", "channel_id": "D0ANNE", "is_ephemeral": False},
    "channel": {"id": "D0ANNE", "name": "directmessage"},
    "actions": [{"type": "button", "action_id": "a", "block_id": "b", "value": "w", "action_ts": "1764000001.1"}],
}
SLACK: list[dict[str, Any]] = [
    _EVENT | {"event": _SAID},
    _EVENT | {"event": _SAID | {"thread_ts": "1763.1", "parent_user_id": BOT, "subtype": "file_share", "files": [_FILE]}},
    _EVENT
    | {"event": _SAID | {"type": "app_mention", "channel": "C0STAFF", "text": f"<@{BOT}> phones?", "edited": {"ts": "1.2"}}},
    _EVENT
    | {
        "event": {
            "type": "message",
            "subtype": "message_changed",
            "channel": "D0ANNE",
            "channel_type": "im",
            "message": _SAID | {"text": "phones?", "edited": {"user": STAFF, "ts": "1764.9"}},
            "previous_message": _SAID,
        }
    },
    _EVENT | {"event": {"type": "app_home_opened", "user": STAFF, "channel": "D0ANNE", "tab": "home"}},
    _EVENT | {"event": {"type": "app_home_opened", "user": STAFF, "channel": "D0ANNE", "tab": "messages"}},
    _BUTTON,
    _BUTTON
    | {"container": {"type": "message", "message_ts": "1.1", "channel_id": "C0STAFF", "is_ephemeral": True, "thread_ts": "1"}},
    _BUTTON | {"container": {"type": "view", "view_id": "V1"}},
    {
        "type": "message_action",
        "callback_id": "which_policy",
        "trigger_id": "1.2",
        "response_url": "https://hooks.slack.com/app/1",
        "user": {"id": STAFF, "team_id": SCHOOL_TEAM},
        "team": {"id": SCHOOL_TEAM},
        "channel": {"id": "C0STAFF"},
        "message": _SAID | {"files": [_FILE | {"mimetype": "image/png"}]},
    },
    {
        "command": "/policy",
        "text": "duty 08:30-15:30",
        "team_id": SCHOOL_TEAM,
        "channel_id": "C0STAFF",
        "user_id": STAFF,
        "trigger_id": "1.2",
        "response_url": "https://hooks.slack.com/commands/1",
    },
]

TENANT = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
_BOT_OF_TEAMS = {"id": "28:bot", "name": "policybot"}
_ACTIVITY: dict[str, Any] = {
    "type": "message",
    "id": "1764000000001",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/uk/",
    "from": {"id": "29:anne", "name": "Anne Reed", "aadObjectId": "11111111-1111-1111-1111-111111111111"},
    "recipient": _BOT_OF_TEAMS,
    "conversation": {"id": "a:1", "tenantId": TENANT, "conversationType": "personal"},
    "channelData": {"tenant": {"id": TENANT}},
    "text": "can I accept a friend request&nbsp;?",
    "entities": [{"type": "clientInfo", "locale": "en-GB"}],
    "attachments": [{"contentType": "text/html", "content": "<p>can I accept a friend request?</p>"}],
}
_QUOTE = (
    '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1764"><strong itemprop="mri" itemid="28:bot">policybot'
    '</strong><p itemprop="preview">It says</p></blockquote><p>And &lt;pupils&gt;?<br/>Thanks</p>'
)
TEAMS: list[dict[str, Any]] = [
    _ACTIVITY,
    _ACTIVITY
    | {
        "conversation": {
            "id": "19:1@thread.tacv2;messageid=1",
            "tenantId": TENANT,
            "conversationType": "channel",
            "isGroup": True,
        },
        "channelData": {"tenant": {"id": TENANT}, "channel": {"id": "19:1@thread.tacv2"}, "team": {"id": "19:2"}},
        "text": "<at>policybot</at> phones?",
        "entities": [{"type": "mention", "mentioned": _BOT_OF_TEAMS, "text": "<at>policybot</at>"}],
    },
    _ACTIVITY | {"text": None, "value": {"pressed": "w", "reference": "A1"}, "replyToId": "1763"},
    _ACTIVITY | {"attachments": [{"contentType": "text/html", "content": _QUOTE}], "text": "policybotIt saysAnd <pupils>?"},
    _ACTIVITY
    | {
        "text": '<quoted messageId="1763"/> and pupils?',
        "entities": [{"type": "quotedReply", "quotedReply": {"messageId": "1763", "preview": "It says"}}],
    },
    _ACTIVITY
    | {
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.teams.file.download.info",
                "name": "policy.docx",
                "content": {"downloadUrl": "https://school.sharepoint.com/1", "uniqueId": "1", "fileType": "docx"},
            }
        ]
    },
    _ACTIVITY | {"type": "messageUpdate", "channelData": {"tenant": {"id": TENANT}, "eventType": "editMessage"}},
    _ACTIVITY | {"type": "conversationUpdate", "membersAdded": [_BOT_OF_TEAMS]},
    _ACTIVITY | {"type": "invoke", "name": "adaptiveCard/action"},
]

_ANNE = {"id": 77, "is_bot": False, "first_name": "Anne", "last_name": "Reed", "username": "anne"}
_CHAT = {"id": 77, "type": "private", "first_name": "Anne"}
_GROUP = {"id": -1001, "type": "supergroup", "title": "Staff"}
OF_TELEGRAM = {"id": 4242, "is_bot": True, "first_name": "policybot", "username": "hillside_bot"}
_WRITTEN: dict[str, Any] = {
    "message_id": 5,
    "date": 1764000000,
    "chat": _CHAT,
    "from": _ANNE,
    "text": "can I accept a friend request?",
}
_MENTION = [{"type": "mention", "offset": 0, "length": 13}, {"type": "bold", "offset": 14, "length": 6}]
TELEGRAM: list[dict[str, Any]] = [
    {"update_id": 700000001, "message": _WRITTEN},
    {
        "update_id": 700000002,
        "message": _WRITTEN
        | {
            "chat": _GROUP,
            "text": "@hillside_bot phones?",
            "entities": _MENTION,
            "message_thread_id": 3,
            "is_topic_message": True,
        },
    },
    {"update_id": 700000003, "edited_message": _WRITTEN | {"edit_date": 1764000009, "text": "phones?"}},
    {
        "update_id": 700000004,
        "message": _WRITTEN | {"text": "/start abc", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    },
    {
        "update_id": 700000005,
        "message": _WRITTEN
        | {
            "text": "and pupils?",
            "reply_to_message": {"message_id": 4, "date": 1763999999, "chat": _CHAT, "from": OF_TELEGRAM, "text": "It says"},
        },
    },
    {
        "update_id": 700000006,
        "message": {key: value for key, value in _WRITTEN.items() if key != "text"}
        | {
            "caption": "our policy",
            "media_group_id": "9",
            "document": {
                "file_id": "f1",
                "file_unique_id": "u1",
                "file_name": "policy.docx",
                "mime_type": "application/x",
                "file_size": 9,
            },
        },
    },
    {
        "update_id": 700000007,
        "callback_query": {
            "id": "4000000001",
            "from": _ANNE,
            "chat_instance": "1",
            "data": "w",
            "message": _WRITTEN | {"from": OF_TELEGRAM},
        },
    },
]
