"""An aim: what a button holds of whom something goes to, and whom it leaves out."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.aim import MOST_SKIPPED, Aim, read_aim
from bot.contact_book import ContactRole
from bot.directory import Route
from bot.errors import BotError
from corpus.clause import Role

KEYS = st.text("0123456789abcdef", min_size=4, max_size=8)
AIMS = st.builds(
    lambda route, named, about, keys: Aim(route, named, about).without(*keys),
    st.sampled_from(Route),
    st.sets(st.sampled_from(Role)).map(lambda roles: tuple(role for role in Role if role in roles)),
    st.sets(st.sampled_from(ContactRole)).map(lambda roles: tuple(role for role in ContactRole if role in roles)),
    st.lists(KEYS, max_size=MOST_SKIPPED),
)


@given(AIMS)
def test_an_aim_is_read_as_it_was_written(aim: Aim) -> None:
    assert read_aim(aim.code) == aim


@given(AIMS)
def test_an_aim_that_fits_leaves_room_on_a_button_for_the_rest(aim: Aim) -> None:
    """64 bytes of ASCII: beside it stand at most `a:q`, a colon and the eight characters of a question."""
    assert aim.code.isascii()
    assert len(aim.code) <= 47
    assert len(f"a:q{aim.code}:12345678") <= 64


def test_each_role_and_each_route_has_a_code_of_its_own() -> None:
    aims = [
        *(Aim(route) for route in Route if route is not Route.ORDINARY),
        *(Aim(Route.ORDINARY, (role,)) for role in Role),
        *(Aim(Route.ORDINARY, (), (role,)) for role in ContactRole),
    ]
    assert all(one.code != other.code for one, other in combinations(aims, 2))


@given(st.text(max_size=80) | st.text("abcdefghij0123456789", max_size=64))
def test_whatever_a_button_holds_is_an_aim_or_is_refused(code: str) -> None:
    try:
        aim = read_aim(code)
    except BotError:
        return
    assert aim.route in Route
    assert len(aim.code) == len(code)


@pytest.mark.parametrize("code", ["", "a", "a000000x", "A000000", "k000000", "a00000", "a0000001", "a000000ffff0", "٣000000"])
def test_what_is_no_aim_is_refused(code: str) -> None:
    with pytest.raises(BotError):
        read_aim(code)


def test_whoever_is_left_out_stays_so_and_is_counted_once() -> None:
    aim = Aim(Route.CHILD).without("0123abcd", "ffff0000").without("0123ffff")
    assert aim.skipped == ("0123", "ffff")


def test_where_more_are_left_out_than_fit_none_of_them_is_forgotten() -> None:
    keys = [f"{number:04x}" for number in range(MOST_SKIPPED + 1)]
    full = Aim(Route.CHILD).without(*keys[:MOST_SKIPPED])
    assert (full.fits, full.is_full) == (True, True)
    more = full.without(keys[-1])
    assert not more.fits
    assert read_aim(more.code) == more


def test_of_two_aims_together_both_leave_out_and_the_stricter_route_holds() -> None:
    one = Aim(Route.ORDINARY, (Role.DSL,), (ContactRole.DSL,), ("aaaa",))
    other = Aim(Route.GRIEVANCE, (Role.GOVERNORS,), (ContactRole.HEADTEACHER,), ("bbbb", "aaaa"))
    both = Aim(Route.GRIEVANCE, (Role.DSL,), (ContactRole.DSL, ContactRole.HEADTEACHER), ("aaaa", "bbbb"))
    assert one.also(other) == both
    assert other.also(one).route is Route.GRIEVANCE
