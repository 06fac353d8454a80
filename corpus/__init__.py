"""What a policy is, how a document becomes clauses, and how versions are kept."""

from pathlib import Path

SOURCES = Path(__file__).parent / "sources"
POLICIES = Path(__file__).parent / "policies"
