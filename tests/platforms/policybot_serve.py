"""`policybot serve` in a process of its own, for as long as a test needs it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.platforms.served import free_port


@contextmanager
def served(home: Path, question: bytes, port: int | None = None, **settings: str) -> Iterator[str]:
    """Start `policybot serve` on a data folder; give the address of the chat page, on any port unless one is given."""
    port = port or free_port()
    environment = {"POLICYBOT_HOME": str(home), "POLICYBOT_BIND": f"127.0.0.1:{port}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"], env=os.environ | environment | settings, cwd=Path(__file__).parents[2]
    )
    try:
        for _ in range(900):  # a busy machine that has kept nothing of parsing yet may need most of a minute
            try:
                # The first question of a new folder costs seconds: it is asked here, so that no test waits for it.
                urlopen(f"http://127.0.0.1:{port}/chat", data=question, timeout=60).close()
                break
            except HTTPError:
                break  # it answers, and knows nobody yet
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/chat"
    finally:
        process.terminate()
        process.wait(timeout=60)
