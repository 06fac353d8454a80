"""Learns the model of links in retrieval/data/fitted.json from the reviewed links. Run with `make fit`; see docs/ranking.md.

Reported as it finds the links of a policy that it was learnt without.
"""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpus.building import shipped_policy, shipped_sources
from corpus.clause import Policy
from corpus.versions import Published, School
from retrieval.fitted import DATA, FITTED, LINK_FEATURES
from retrieval.index import Index
from retrieval.library import links_of, read_links, read_matters
from training.logistic import as_confidence, logistic, sigmoid
from training.unread import WithoutWordings

Array = NDArray[np.float64]
CACHE = Path(".venv/cache")


def main() -> None:
    """Learn, report, and write."""
    of_policies = [_observed(source.school, shipped_policy(source)) for source in shipped_sources()]
    chances = []
    for number, (features, _) in enumerate(of_policies):
        others = [one for at, one in enumerate(of_policies) if at != number]
        constant, coefficients = logistic(*(np.concatenate(part) for part in zip(*others, strict=True)))
        chances.append(sigmoid(constant + features @ coefficients))
    chance, linked = np.concatenate(chances), np.concatenate([wanted for _, wanted in of_policies])
    for least in (0.2, 0.3, 0.4, 0.5, 0.6):
        found = chance >= least
        print(
            f"links from {least}: {found.sum()} for {linked.sum():.0f} reviewed, "
            f"precision {linked[found].mean():.3f}, recall {linked[found].sum() / linked.sum():.3f}"
        )
    constant, coefficients = logistic(*(np.concatenate(part) for part in zip(*of_policies, strict=True)))
    links = as_confidence(constant, coefficients, LINK_FEATURES)
    DATA.write_bytes(msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(FITTED, links=links)), indent=1) + b"\n")


def _observed(school: str, policy: Policy) -> tuple[Array, Array]:
    """Return what speaks for each link of a policy's clauses to matters, a row a pair, and which of them readers found."""
    matter = {one.id: number for number, one in enumerate(read_matters(CACHE))}
    index = Index(Published(School(school, school, school), 1, ((1, policy),)), WithoutWordings(CACHE))
    row = {f"{school}/{policy.slug}/{clause.clause.id}": number for number, clause in enumerate(index.clauses)}
    linked = np.zeros((len(index.clauses), len(matter)))
    for link in links_of(f"{school}/{policy.slug}", read_links(CACHE)):
        for name in (*link.governs, *link.partly):
            linked[row[name], matter[link.matter]] = 1.0
    return index.link_features().reshape(len(LINK_FEATURES), -1).T.astype(float), linked.ravel()


if __name__ == "__main__":
    main()
