"""The rows of the form of a new VM: made from the draft, a section at a time. UI thread."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Final

from limen_widgets.tick import Tick
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, Label, TextArea

from limen_tui.tui.creating.draft import Draft
from limen_tui.tui.creating.entries import Choice, PasswordEntry
from limen_tui.tui.creating.fields import SECTIONS, Field, Section
from limen_tui.tui.creating.grounds import Grounds
from limen_tui.tui.dialogs.once import OnceScreen

IMAGE_WORDS: Final = {"iso": "ISO", "import": "Disk"}
"""By source: what the image is called."""


class FormRows(OnceScreen[Draft | None]):
    """A screen with the form's rows in ``#form``; the first section is composed, the others come after its paint."""

    _draft: Draft
    _grounds: Grounds
    complete = False
    """Whether all sections are there."""

    @property
    def awaits(self) -> frozenset[str]:
        """Keys that wait until it is complete: there is more to go to then."""
        return frozenset() if self.complete else frozenset({"tab", "shift+tab", "up", "down"})

    @abstractmethod
    def _replan(self) -> None:
        """Make the plan anew."""

    def _section(self, section: Section) -> Iterator[Widget]:
        """Its title and rows, filled in from the draft, only those shown that mean something for the source."""
        source = self._draft.source
        title = Label(section.title, classes="section", id=f"section-{section.title.lower()}")
        title.display = source in section.sources
        yield title
        for field in section.fields:
            words = IMAGE_WORDS.get(source, field.label) if field.id == "image" else field.label
            label = Label(words, id=f"label-{field.id}", markup=False)
            row = Horizontal(label, self._widget(field), classes="row", id=f"row-{field.id}")
            row.display = source in section.sources and source in field.sources
            yield row

    async def _mount_rest(self, place: int = 1) -> None:
        """The sections below the first, one between two paints: all at once would keep the form from the screen and
        keys from the name for half a second."""
        if not self.is_attached:
            return  # left already
        form = self.query_one("#form")
        if place == 1:
            await self._mount_unshown(form)
        if place < len(SECTIONS):
            await form.mount(*self._section(SECTIONS[place]))
            self.call_after_refresh(self._mount_rest, place + 1)
            return
        buttons = (Button("Create", id="create", variant="primary"), Button("Leave", id="leave"))
        await form.mount(Horizontal(*buttons, id="buttons"))
        self.complete = True
        self._replan()

    async def _mount_unshown(self, form: Widget) -> None:
        """Rows of the first section that another source needs, each in its place."""
        above, *rows = self._section(SECTIONS[0])
        for row in rows:
            known = self._known(row.id or "")
            if known is None:
                await form.mount(row, after=f"#{above.id}")
            above = row

    def _known(self, id_: str) -> Widget | None:
        """A part of the form, if it is there yet."""
        return next(iter(self.query(f"#{id_}")), None)

    def _widget(self, field: Field) -> Widget:
        value = getattr(self._draft, field.id, "")
        if field.flag:
            return Tick("", bool(value), id=field.id)
        if field.choices is not None:
            choices = self._grounds.choices(field, self._draft)
            values = [each for _, each in choices]
            return Choice(choices, allow_blank=False, value=value if value in values else values[0], id=field.id,
                          compact=True)  # fmt: skip
        if field.lines > 1:
            area = TextArea(str(value), id=field.id, compact=True, placeholder=field.hint, soft_wrap=False)
            area.cursor_blink = False
            area.styles.height = field.lines
            return area
        if field.password:
            return PasswordEntry(field.id, field.hint)
        entry = Input(str(value), placeholder=field.hint, id=field.id, compact=True, select_on_focus=False,
                      max_length=4000)  # fmt: skip
        entry.cursor_blink = False
        return entry
