"""The notice of a host's question goes with the question: it is answered, or the host asks no more."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from limen_tui.model.questions import Prompt, Question, QuestionKind
from tests.tui.shell.world import World, running


def password(host: str) -> Question:
    return Question(host, host, QuestionKind.PASSWORD, f"Password of ann@{host}", "", prompts=(Prompt("Password"),))


async def settled(world: World) -> str:
    for _ in range(4):
        await world.go_on(0.2)
    toasts = len(world.app.screen.query("Toast"))
    assert toasts == len(world.app._notifications)
    return world.notices()


@pytest.mark.parametrize("how", ["answered", "withdrawn", "left"])
async def test_it_goes_with_its_question(how: str) -> None:
    async with running((80, 24), notifications=True) as world:
        questions = world.app.fleet.questions
        asked = questions.ask(password("kvm4"))
        assert "Password of ann@kvm4. Press !" in await settled(world)
        if how == "withdrawn":
            questions.withdraw("kvm4")
        else:
            await world.press("exclamation_mark")
            assert world.app.screen.query(Input)
            await world.press(*("escape",) if how == "left" else (*"secret", "enter"))
        assert "kvm4" not in await settled(world)
        assert asked.done()


async def test_the_next_question_is_told_of_when_the_first_is_answered() -> None:
    async with running((80, 24), notifications=True) as world:
        questions = world.app.fleet.questions
        for host in ("kvm4", "kvm5"):
            questions.ask(password(host))
        assert "2 questions wait" in await settled(world)
        questions.withdraw("kvm4")
        told = await settled(world)
        assert "kvm4" not in told
        assert "Password of ann@kvm5. Press !" in told
