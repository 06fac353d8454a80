"""Trains the linear model of the known clauses, retrieval/data/clauses.msgpack, on their wordings. Run with `make models`.

One logistic regression a policy: which of its clauses a wording was written for. A clause whose wordings ask about two cases has
a class for each. And one more: whether a policy rules on what a wording asks at all, learnt from its wordings and those of the
matters that its reviewed links leave out.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from retrieval.arrays import write_arrays
from retrieval.knowledge import CLAUSES, SECOND_CASE
from retrieval.library import KnownClause, links_of, read_links, read_matters, read_wordings
from retrieval.linear import to_arrays
from retrieval.vectors import WordVectors
from training.linear import Array, of_vector, prune, regress, rows_of

STRENGTH = 10.0
KEPT_FROM = 0.06


def main() -> None:
    """Train and write the model."""
    vectors = WordVectors()
    names: list[str] = []
    parts, dense, constants = [], [], []

    def add(classes: Sequence[str], weights: Array, constant: Array) -> None:
        kept = prune(weights, KEPT_FROM)
        kept["classes"] = kept["classes"] + len(names)
        parts.append(kept)
        dense.append(of_vector(weights))
        constants.append(constant)
        names.extend(classes)

    for policy, known in groupby(read_wordings(), key=lambda one: one.clause.rpartition("/")[0]):
        examples = [example for one in known for example in _examples(one)]
        classes = sorted({name for name, _ in examples})
        number = {name: at for at, name in enumerate(classes)}
        rows = rows_of([wording for _, wording in examples], vectors)
        labels = np.array([number[name] for name, _ in examples])
        add(classes, *regress(rows, labels, STRENGTH))
        add([policy], *_covered(policy, [wording for _, wording in examples], vectors))
        print(f"{policy}: {len(examples)} wordings, {len(classes)} classes", flush=True)
    of_features = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    write_arrays(CLAUSES, to_arrays(names, of_features, np.concatenate(dense), np.concatenate(constants)))
    print(f"{CLAUSES}: {CLAUSES.stat().st_size / 1e6:.1f} MB")


def _covered(policy: str, wordings: Sequence[str], vectors: WordVectors) -> tuple[Array, Array]:
    """Return the weights and the constant of whether the policy rules on what is asked."""
    links = links_of(policy, read_links())
    governed, touched = {link.matter for link in links if link.governs}, {link.matter for link in links}
    matters = read_matters()
    inside = [*wordings, *(wording for matter in matters if matter.id in governed for wording in matter.wordings)]
    outside = [wording for matter in matters if matter.id not in touched for wording in matter.wordings]
    labels = np.repeat([True, False], [len(inside), len(outside)])
    # Both sides count the same, however many matters there are.
    importance = np.where(labels, len(outside) / len(inside), 1.0)
    return regress(rows_of([*inside, *outside], vectors), labels, STRENGTH, importance)


def _examples(known: KnownClause) -> list[tuple[str, str]]:
    """Return the classes and wordings of a clause: the main case, and the second where it has one."""
    main_case = [(known.clause, wording) for wording in known.wordings]
    return main_case + [(known.clause + SECOND_CASE, wording) for wording in known.second]


if __name__ == "__main__":
    main()
