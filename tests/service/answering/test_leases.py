from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.leases import Leases, Opened
from service.errors import IndexUnavailable
from tests.service.shelf import Volume, opened


def test_before_there_is_a_snapshot_nothing_can_be_leased() -> None:
    leases = Leases(Opened.close)
    with pytest.raises(IndexUnavailable, match="not open yet"), leases.lease():
        pass
    assert leases.served is None


def test_what_is_leased_stays_open_until_the_last_lease_has_ended() -> None:
    leases, first, second = Leases(Opened.close), Volume("a"), Volume("b")
    leases.replace(opened(first))
    with leases.lease() as held, leases.lease():
        leases.replace(opened(second))
        assert (held.id, leases.ids(), first.closed) == ("a", ("a", "b"), 0)
        with leases.lease() as later:
            assert later.id == "b"
    assert (leases.ids(), first.closed, second.closed) == (("b",), 1, 0)


def test_a_lease_that_ends_in_an_error_has_ended() -> None:
    leases, first = Leases(Opened.close), Volume("a")
    leases.replace(opened(first))
    with pytest.raises(ValueError, match="half way"), leases.lease():
        leases.replace(None)
        raise ValueError("half way")
    assert (first.closed, leases.ids()) == (1, ())


STEPS = st.lists(st.one_of(st.just("lease"), st.just("replace"), st.integers(0, 9)), max_size=60)


@given(STEPS)
def test_whatever_comes_in_whichever_order_each_snapshot_is_closed_once_and_never_while_it_is_leased(
    steps: list[str | int],
) -> None:
    leases, volumes = Leases(Opened.close), [Volume("0")]
    leases.replace(opened(volumes[0]))
    held: list[tuple[ExitStack, Volume]] = []
    for step in steps:
        if step == "lease":
            stack = ExitStack()
            assert stack.enter_context(leases.lease()).id == volumes[-1].id
            held.append((stack, volumes[-1]))
        elif step == "replace":
            volumes.append(Volume(str(len(volumes))))
            leases.replace(opened(volumes[-1]))
        elif held:
            held.pop(int(step) % len(held))[0].close()
        in_use = {volumes[-1].id, *(volume.id for _, volume in held)}
        assert [volume.closed for volume in volumes] == [int(volume.id not in in_use) for volume in volumes]
        assert set(leases.ids()) == in_use
    for stack, _ in held:
        stack.close()
    leases.replace(None)
    assert [volume.closed for volume in volumes] == [1] * len(volumes)
