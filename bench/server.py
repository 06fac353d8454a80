"""How soon `policybot serve` is ready, and how much memory it takes, with no channel, with all but Teams, and with all.

The platforms are local servers that speak their protocols. Run by itself with `python -m bench.server`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

from tests.platforms.slack_server import APP_TOKEN, BOT_TOKEN, TEAM, SlackServer
from tests.platforms.teams_server import APP_ID, SECRET, TENANT, TeamsServer
from tests.platforms.telegram_server import TOKEN, TelegramServer

ROUNDS = 3
_WANTED = {"the chat page alone": "", "Slack and Telegram too": "3 s", "and Microsoft Teams": "7 s, 220 MB"}


def main() -> None:
    """Print the time and the memory for each choice of channels; the first start of a data folder is left out."""
    home = Path(tempfile.mkdtemp())
    with ExitStack() as stack:
        slack = stack.enter_context(SlackServer())
        telegram = stack.enter_context(TelegramServer())
        teams = stack.enter_context(TeamsServer())
        two = {
            "POLICYBOT_SLACK__BOT_TOKEN": BOT_TOKEN,
            "POLICYBOT_SLACK__APP_TOKEN": APP_TOKEN,
            "POLICYBOT_SLACK__API_BASE_URL": slack.api_url,
            "POLICYBOT_TELEGRAM__TOKEN": TOKEN,
            "POLICYBOT_TELEGRAM__API_BASE_URL": telegram.address,
        }
        three = two | {
            "POLICYBOT_TEAMS__APP_ID": APP_ID,
            "POLICYBOT_TEAMS__TENANT_ID": TENANT,
            "POLICYBOT_TEAMS__CLIENT_SECRET": SECRET,
            "POLICYBOT_TEAMS__OPENID_METADATA_URL": teams.openid_metadata_url,
            "POLICYBOT_TEAMS__TOKEN_URL": f"{teams.login_url}/{TENANT}/oauth2/v2.0/token",
        }
        workspaces = f"slack:\n  workspaces:\n    {TEAM}:\n      schools: [coniston]\n"
        tenants = f"teams:\n  tenants:\n    {TENANT}:\n      schools: [coniston]\n"
        files = ("", workspaces, workspaces + tenants)
        _start(home, {}, "")
        for (name, wanted), channels, file in zip(_WANTED.items(), ({}, two, three), files, strict=True):
            started = [_start(home, channels, file) for _ in range(ROUNDS)]
            seconds, memory = (sorted(figures)[ROUNDS // 2] for figures in zip(*started, strict=True))
            goal = f" (wanted: under {wanted})" if wanted else ""
            print(f"`policybot serve`, {name}: ready in {seconds:.1f} s, {memory} MB{goal}")


def _start(home: Path, channels: dict[str, str], file: str) -> tuple[float, int]:
    """Start the server in the demo and return the seconds until it answers, and the megabytes that it then takes."""
    (home / "policybot.yaml").write_text(file)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOT_")}
    environment |= {"POLICYBOT_DEMO": "1", "POLICYBOT_HOME": str(home), "POLICYBOT_BIND": f"127.0.0.1:{port}", **channels}
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("policybot serve did not start")
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/chat", timeout=10).close()
                break
            except OSError:
                time.sleep(0.01)
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        return seconds, next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) // 1024
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    main()
