"""Each target of fuzzing in short, with the same inputs each time; with `-m soak` for longer, with others."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, ending

# So many inputs in the suite: of what takes long, few. The long form is in time, not in number.
INPUTS = {"word": 6, "opendocument": 10, "page": 6, "text": 3, "pdf": 3, "policy-yaml": 6, "question": 4, "said": 4, "copy": 20}
USUALLY, LONG = 25, 3_000
SEEDS = st.integers(0, 2**64)


def check(name: str, seed: int) -> None:
    """Check a target with an input that is damaged once to three times."""
    target, chance = TARGETS[name], Random(seed)
    raw = chance.choice(target.begin())
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        raw = target.mutate(raw, chance)
    with ending():
        target.check(raw)


def quiet(examples: int, *, always_the_same: bool) -> settings:
    # A seed tells nothing when it is made smaller, so hypothesis is not asked to.
    return settings(
        max_examples=examples,
        derandomize=always_the_same,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused_in_a_sentence(name: str) -> None:
    @quiet(INPUTS.get(name, USUALLY), always_the_same=True)
    @given(SEEDS)
    def run(seed: int) -> None:
        check(name, seed)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_damaged_yet_is_read(name: str) -> None:
    for raw in TARGETS[name].begin():
        TARGETS[name].check(raw)


@pytest.mark.soak
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused_in_a_sentence_many_times(name: str) -> None:
    @quiet(LONG, always_the_same=False)
    @given(SEEDS)
    def run(seed: int) -> None:
        check(name, seed)

    run()
