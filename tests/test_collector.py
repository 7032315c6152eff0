"""The collector of garbage is left as it was found."""

from __future__ import annotations

import gc

import pytest

import boilerplate
from boilerplate.collector import without_collector


def test_it_rests_and_goes_on() -> None:
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collector():
        _ = 1 / 0
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with without_collector(), without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_pages_leave_it_on(model: boilerplate.Model) -> None:
    boilerplate.clean("<p>Tea is brewed from leaves.</p>", model=model)
    with pytest.raises(boilerplate.errors.InputError):
        boilerplate.clean("", model=model)
    assert gc.isenabled()
