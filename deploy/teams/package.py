"""Make the app package of Teams: the manifest with the bot's id and the address of policybot filled in, and the two icons.

Run with Python alone: python3 deploy/teams/package.py --app-id ID --address https://policies.school.example
"""

import argparse
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main() -> int:
    """Write the package; return 0, or 1 with one sentence on standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--app-id", required=True, help="the Application (client) ID of the bot's app registration")
    parser.add_argument("--address", required=True, help="where people reach policybot, such as https://policies.school.example")
    parser.add_argument("--school", default="Your school", help="who offers the app, as Teams shows it: at most 32 characters")
    parser.add_argument("--out", type=Path, default=Path("policybot-teams.zip"), help="the file to write")
    given = parser.parse_args()
    app_id, address = given.app_id.strip().lower(), given.address.strip().rstrip("/")
    if not _GUID.fullmatch(app_id):
        return _refused(f"{given.app_id} is no app ID: it looks like 1b4e28ba-2fa1-11d2-883f-0016d3cca427.")
    if not re.fullmatch(r"https://[^/\s\"\\]+", address):
        return _refused(f"{given.address} is no public address: it begins with https:// and names no page.")
    if not 0 < len(given.school) <= 32:
        return _refused("--school is to have 32 characters or fewer.")
    manifest = filled(app_id, address, given.school)
    with zipfile.ZipFile(given.out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
        for icon in manifest["icons"].values():
            package.write(HERE / icon, icon)
    print(f"{given.out} is ready to be uploaded to Teams.")
    return 0


def filled(app_id: str, address: str, school: str) -> dict[str, Any]:
    """Return the manifest of a bot."""
    text = (HERE / "manifest.json").read_text(encoding="utf-8")
    manifest: dict[str, Any] = json.loads(text.replace("{{APP_ID}}", app_id).replace("{{ADDRESS}}", address))
    manifest["developer"]["name"] = school
    return manifest


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
