"""The question about an unknown host key shows what is to be compared, whole, on the smallest usual terminal."""

from __future__ import annotations

from textual.app import App
from textual.widgets import Static

from limen_tui.model.questions import HostKeyFacts, Question, QuestionKind
from limen_tui.tui.signin.hostkey import HostKeyDialog

PRINT = "SHA256:" + "bQadthuT73LhGd295kFAa0G3Pei3GGUURKaH1n7FkXy"


async def test_a_fingerprint_is_shown_to_its_last_character_at_80_columns() -> None:
    art = "\n".join(["+----[ED25519]----+", *["|" + "." * 17 + "|"] * 9, "+-----[SHA256]----+"])
    facts = HostKeyFacts("kvm4", "10.0.0.4", "ssh-ed25519", PRINT, art, "/root/.ssh/known_hosts")
    question = Question(
        "h", "kvm4", QuestionKind.HOST_KEY, "Unknown host key", "Compare it with ssh-keygen. " * 2, host_key=facts
    )
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HostKeyDialog(question))
        await pilot.pause()
        words = app.screen.query_one("#words", Static)
        seen = app.screen.find_widget(words).visible_region.width
        assert words.region.width == seen >= len(PRINT)
