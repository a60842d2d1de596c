"""The tabs of one VM, one above the other; each is made when it is first shown. May import textual. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container

from limen_tui.model.vm import VMKey
from limen_tui.tui.vm.tab import VMTab
from limen_tui.tui.vm.tabs import TabMaker

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class TabDeck(Container):
    """Shows one tab at a time."""

    DEFAULT_CSS = "TabDeck, TabDeck .vm-page { width: 1fr; height: 1fr; }"

    def __init__(self, app: LimenApp) -> None:
        super().__init__(id="vm-tabs")
        self._limen = app
        self._made: dict[str, VMTab] = {}
        self._page: Container | None = None
        """What holds the tabs of this VM; those of the one before may still be on their way out."""
        self.tab: VMTab | None = None
        """The tab on show."""
        self._told = False

    def show(self, maker: TabMaker, key: VMKey) -> VMTab:
        """Show a tab of a VM; the one before is told that it is left."""
        tab = self._made.get(maker.tab_id)
        if self.tab is not tab:
            self.leave()
        if tab is None:
            tab = self._made[maker.tab_id] = maker.make(self._limen, key)
            if self._page is None:
                self._page = Container(classes="vm-page")
                self.mount(self._page)
            self._page.mount(tab)
        for each in self._made.values():
            each.display = each is tab
        self.tab, self._told = tab, False
        return tab

    def leave(self) -> None:
        """Tell the tab on show, once, that it is left."""
        if self.tab is not None and not self._told:
            self._told = True
            self.tab.left()

    def on_unmount(self) -> None:
        """The screen went without being left: several at once, or the app ends."""
        self.leave()

    def clear(self) -> None:
        """Another VM is to be shown: no tab of this one stays."""
        self.leave()
        if self._page is not None:
            self._page.remove()
        self.tab, self._page, self._made = None, None, {}
