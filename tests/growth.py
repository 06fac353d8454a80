"""How the time of some work grows with the size of what it is given, whatever the machine, and whatever else it does."""

from collections.abc import Callable
from time import thread_time

# Work in proportion takes eight times as long for eight times as much, and work by the square sixty-four times as long.
_TIMES, _MOST = 8, 8**1.5
_RUNS = 5


def assert_grows_in_proportion(work: Callable[[int], object], size: int) -> None:
    """Check that work of a size takes no longer than in proportion to the same work of an eighth of it.

    Both are measured in turn, in seconds of this thread's processor; the least of five runs counts. No two runs are of quite
    the same size, so that nothing that is kept of one answers another.
    """
    work(size // _TIMES)  # the first reads what all share
    small, large = [], []
    for run in range(_RUNS):
        small.append(_seconds(work, size // _TIMES - run))
        large.append(_seconds(work, size - run))
    assert min(large) < _MOST * min(small), f"{min(small):.4f} s for an eighth, {min(large):.4f} s for the whole"


def _seconds(work: Callable[[int], object], size: int) -> float:
    began = thread_time()
    work(size)
    return thread_time() - began
