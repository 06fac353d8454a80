"""From a platform's event to the reply said, on each platform, beside an echo bot that writes as durably. Run with `make bench`.

`python -m bench.channels Slack` measures one.
"""

import sys

from bench import slack_bots, teams_bots, telegram_bots
from bench.bots import compare

PLATFORMS = (slack_bots.PLATFORM, teams_bots.PLATFORM, telegram_bots.PLATFORM)


def main() -> None:
    """Print the ratio of each platform, or of those that are named."""
    for platform in PLATFORMS:
        if platform.name in (sys.argv[1:] or [platform.name]):
            compare(platform)


if __name__ == "__main__":
    main()
