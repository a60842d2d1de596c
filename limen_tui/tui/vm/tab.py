"""One tab of the screen of a VM. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.widget import Widget

from limen_tui.fleet.view import FleetView
from limen_tui.model.vm import VM, VMKey

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class VMTab(Widget):
    """A tab, pinned to a VM's identity. Made when it is first shown; ``[`` and ``]`` make new ones."""

    class KeysLeft(Message):
        """The tab that took the keys gives them back: the row of tabs has the keyboard."""

    tab_id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    takes_keys: ClassVar[bool] = False
    """Whether keys go to the guest: then only the tab's own escape key leaves it, and no action has a key."""
    DEFAULT_CSS = "VMTab { width: 1fr; height: 1fr; }"

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(id=f"tab-{self.tab_id}")
        self.limen = app
        self.key = key

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Of a tab that takes the keys, nothing around it hears one."""
        return self.takes_keys or super().check_consume_key(key, character)

    def give_keys_back(self) -> None:
        """Of a tab that takes the keys, on its own escape key: the keyboard goes to the row of tabs, from where
        numbers change the tab, Enter leads back in and Escape leaves the screen."""
        self.post_message(self.KeysLeft())

    def show_vm(self, vm: VM | None, view: FleetView) -> None:
        """Take in a new fleet view; ``None`` when the VM is gone. Called only while visible, and on arrival."""

    def refresh_now(self) -> None:
        """ctrl+r: ask again for what is not sampled."""

    def arrived(self) -> None:
        """The tab is on show: take the keyboard before the next key, begin what costs something."""
        self.screen.set_focus(self)

    def left(self) -> None:
        """Another tab is on show, or the screen was left; its parts may be gone already."""
