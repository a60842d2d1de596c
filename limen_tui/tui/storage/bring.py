"""Dialogs that bring an image to a pool: a file from here, a cloud image by name or address.

UI thread; files and servers are looked at on a thread of the dialog, which only posts the plan or the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.messages import CursorMoved, RowActivated
from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input, Label

from limen_tui.fleet.hostweb import plan_fetch
from limen_tui.jobs.recipes.bring_image import upload_image
from limen_tui.model import cloudimages
from limen_tui.model.cloudimages import CloudImage
from limen_tui.model.host import HostSnapshot
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, size
from limen_tui.tui.actionscreen import limen_of
from limen_tui.tui.storage.pathinput import PathInput
from limen_tui.tui.storage.planning import PlanDialog


class BringDialog(PlanDialog):
    """Into a pool of a host."""

    def __init__(self, title: str, host: HostSnapshot, pool: Pool) -> None:
        super().__init__(title)
        self._host, self._pool = host, pool

    def where(self) -> str:
        """The pool and its room, in a line."""
        return f"Into pool {clean(self._pool.name)} on {clean(self._host.host.name)}: {size(self._pool.available)} free"


class UploadDialog(BringDialog):
    """A file of this machine, by its path."""

    def __init__(self, host: HostSnapshot, pool: Pool) -> None:
        super().__init__("Upload an image", host, pool)

    def body(self) -> ComposeResult:
        """Path, name, checksum."""
        yield Label(self.where(), classes="dialog--note", markup=False)
        yield Label("File on this machine (Tab completes)", markup=False)
        yield PathInput("", id="path", placeholder="~/images/debian-12.qcow2", select_on_focus=False)
        yield Label("Name there (empty: as the file)", markup=False)
        yield Input("", id="name", select_on_focus=False)
        yield Label("SHA-256 or SHA-512, if known", markup=False)
        yield Input("", id="checksum", select_on_focus=False)
        yield Label("", id="note", classes="dialog--note", markup=False)
        yield from self.buttons("Upload")

    def on_path_input_completed(self, event: PathInput.Completed) -> None:
        """Show what there is to choose from."""
        event.stop()
        names = [clean(name) for name in event.names]
        self.say("  ".join(names[:12]) + (f"  ... {len(names) - 12} more" if len(names) > 12 else ""))

    def accept(self) -> None:
        """Look at the file."""
        path, name, checksum = (self.query_one(f"#{id}", Input).value for id in ("path", "name", "checksum"))
        host, pool = self._host.host, self._pool.name
        self.look(lambda: upload_image(host, pool, path, name=name.strip(), checksum=checksum), "Looking at it ...")


class FetchDialog(BringDialog):
    """Cloud images that distributions publish, or any other address."""

    TYPES: ClassVar[bool] = False
    DEFAULT_CSS = """
    FetchDialog LineTable { height: auto; background: $surface; }
    FetchDialog #url { color: $text-muted; height: auto; max-height: 3; }
    """

    def __init__(self, host: HostSnapshot, pool: Pool) -> None:
        super().__init__("Fetch a cloud image", host, pool)
        arch = host.info.arch or cloudimages.X86
        self._images = cloudimages.known(arch) or cloudimages.known()
        self._note_lines = 1

    def body(self) -> ComposeResult:
        """The list, an address, buttons."""
        yield Label(self.where(), classes="dialog--note", markup=False)
        table: LineTable[CloudImage] = LineTable(
            _image_columns(), lambda image: image.name, id="images", markable=False
        )
        yield table
        yield Label("", id="url", markup=False)
        yield Label("Or another address (http or https), and Enter", markup=False)
        yield Input("", id="address", select_on_focus=False)
        yield Label("By the host itself where it can, else through here.", id="note", classes="dialog--note",
                    markup=False)  # fmt: skip
        yield from self.buttons("Fetch")

    def on_mount(self) -> None:
        """The list is there from the start."""
        super().on_mount()
        self.query_one(LineTable).set_rows(self._images)
        self._show_url()

    def first(self) -> Widget:
        """The list."""
        return self.query_one(LineTable)

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self.place(self._note_lines)

    def place(self, lines: int) -> None:
        """The list gives way to the note."""
        self._note_lines = lines
        room = self.size.height - 11 - lines
        self.query_one(LineTable).styles.height = max(3, min(len(self._images) + 1, room))

    @on(CursorMoved)
    def _show_url(self) -> None:
        image: CloudImage | None = self.query_one(LineTable).cursor_row
        self.query_one("#url", Label).update("" if image is None else image.url)

    @on(RowActivated)
    def _activated(self, event: RowActivated) -> None:
        event.stop()
        self._fetch(event.row)

    def accept(self) -> None:
        """The address where one is typed, else the image under the cursor."""
        address = self.query_one("#address", Input).value.strip()
        image: CloudImage | None = self.query_one(LineTable).cursor_row
        if address:
            fleet, host, pool = limen_of(self.app).fleet, self._host.host, self._pool.name
            self.look(lambda: plan_fetch(fleet, host, pool, address), "Asking the server ...")
        elif image is not None:
            self._fetch(image)

    def _fetch(self, image: CloudImage) -> None:
        fleet, host, pool = limen_of(self.app).fleet, self._host.host, self._pool.name
        self.look(
            lambda: plan_fetch(fleet, host, pool, image.url, name=image.file, checksum_url=image.checksum_url),
            f"Asking for {image.title} ...",
        )


def _image_columns() -> Sequence[Column[CloudImage]]:
    return (
        Column("title", "Image", lambda i: i.title, lambda i: i.title, min_width=12, max_width=40, flex=1, priority=0,
               highlight=False),
        Column("name", "Name", lambda i: ((i.name, "dim"),), lambda i: i.name, min_width=8, max_width=20, priority=3,
               highlight=False),
        Column("arch", "For", lambda i: ((i.arch, "dim"),), lambda i: i.arch, width=8, priority=4, highlight=False),
        Column("user", "User", lambda i: ((i.user, "dim"),), lambda i: i.user, width=10, priority=5, highlight=False,
               header_help="Whom cloud-init makes"),
    )  # fmt: skip
