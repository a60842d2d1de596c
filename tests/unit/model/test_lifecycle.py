"""The one table of states and verbs: no dead ends, nothing offered that cannot come true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.lifecycle import (
    ACTIVE,
    RULES,
    SAVED,
    TRANSITIONAL,
    TRANSITIONS,
    Verb,
    VMState,
    may_become,
    refusal,
)  # fmt: skip

STATES = st.sampled_from(VMState)
VERBS = st.sampled_from(Verb)
ALLOWED = [(verb, state) for verb in Verb for state in sorted(RULES[verb].allowed)]


def test_every_state_and_verb_is_in_its_table() -> None:
    assert set(TRANSITIONS) == set(VMState)
    assert set(RULES) == set(Verb)
    assert all(rule.verb is verb and rule.doing for verb, rule in RULES.items())


@pytest.mark.parametrize(("verb", "state"), ALLOWED)
def test_an_offered_verb_can_come_true(verb: Verb, state: VMState) -> None:
    rule = RULES[verb]
    begin = state
    if rule.via is not None:
        assert may_become(state, rule.via), "what is shown meanwhile"
        begin = rule.via
    assert any(may_become(begin, done) for done in rule.done)
    assert all(may_become(begin, done) for done in rule.done if rule.via is not None)


@pytest.mark.parametrize("verb", Verb)
def test_what_is_shown_meanwhile_ends_by_itself(verb: Verb) -> None:
    rule = RULES[verb]
    assert rule.via is None or rule.via in TRANSITIONAL
    assert rule.done
    assert not rule.done & TRANSITIONAL


@pytest.mark.parametrize("state", sorted(TRANSITIONAL))
def test_a_transitional_state_can_succeed_fail_and_be_lost_sight_of(state: VMState) -> None:
    after = TRANSITIONS[state]
    assert after - TRANSITIONAL - {VMState.UNKNOWN, VMState.ERROR, VMState.TERMINATED}
    assert {VMState.ERROR, VMState.UNKNOWN} <= after


def test_every_state_is_reached_and_left() -> None:
    for state in VMState:
        assert TRANSITIONS[state]
        assert state not in TRANSITIONS[state]
        assert any(state in TRANSITIONS[other] for other in set(VMState) - {state, VMState.UNKNOWN})


@given(STATES)
def test_a_settled_vm_can_always_be_brought_to_run_again(state: VMState) -> None:
    seen, ahead = set(), [state]
    while ahead:
        now = ahead.pop()
        if now not in seen:
            seen.add(now)
            ahead.extend(TRANSITIONS[now] - {VMState.UNKNOWN})
    assert VMState.RUNNING in seen


@given(STATES, STATES)
def test_staying_and_losing_sight_are_always_possible(one: VMState, other: VMState) -> None:
    assert may_become(one, one)
    assert may_become(one, VMState.UNKNOWN)
    assert may_become(VMState.UNKNOWN, other)


@given(VERBS, STATES, st.sampled_from(["", SAVED, "user"]))
def test_a_refusal_says_why(verb: Verb, state: VMState, reason: str) -> None:
    why = refusal(verb, state, reason)
    if why is None:
        assert state in RULES[verb].allowed
    else:
        assert why.startswith("it")
        assert not why.endswith(".")


def test_whatever_holds_cpu_can_be_forced_off_and_what_is_saved_cannot() -> None:
    assert all(refusal(Verb.FORCE_OFF, state) is None for state in ACTIVE)
    assert refusal(Verb.FORCE_OFF, VMState.SUSPENDED, SAVED) == "it is saved to disk, not running"
    assert refusal(Verb.FORCE_OFF, VMState.SUSPENDED) is None
    assert refusal(Verb.START, VMState.SUSPENDED, SAVED) is None


def test_what_may_lose_work_asks_first() -> None:
    gentle = {verb for verb in Verb if not RULES[verb].destructive}
    assert gentle == {Verb.START, Verb.PAUSE, Verb.RESUME}
