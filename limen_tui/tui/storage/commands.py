"""What can be done with images: upload, fetch, copy, delete. UI thread; hosts are asked, and answers only posted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from limen_tui.errors import LimenError
from limen_tui.fleet.images import add_path, check_path, delete_plan, drop_path, write_reason
from limen_tui.model.actions import Target
from limen_tui.model.images import Image
from limen_tui.model.jobs import JobPlan
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, paragraph, size
from limen_tui.tui.reading import shared_reader
from limen_tui.tui.storage.pools import PoolCommands

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.storage.volumes import VolumesScreen


class ImageCommands(PoolCommands):
    """Methods ``do_<action id>``; mixed into the app's commands. Dialogs are loaded when they are first asked for."""

    _app: LimenApp

    def do_image_upload(self, _: Target) -> None:
        """A file from here, into the pool on show or under the cursor."""
        if (place := self._active_place()) is not None:
            from limen_tui.tui.storage.bring import UploadDialog  # noqa: PLC0415 - after the first paint

            self._app.push_screen(UploadDialog(*place), self._begin)

    def do_image_fetch(self, _: Target) -> None:
        """A cloud image by name or address."""
        if (place := self._active_place()) is not None:
            from limen_tui.tui.storage.bring import FetchDialog  # noqa: PLC0415 - after the first paint

            self._app.push_screen(FetchDialog(*place), self._begin)

    def do_image_delete(self, _: Target) -> None:
        """The volume under the cursor, after a question."""
        found = self._image()
        if found is None or not self._may_write(found[0].host_id):
            return
        from limen_tui.tui.dialogs.text import YesNoDialog  # noqa: PLC0415 - after the first paint

        image = found[1]
        try:
            plan = delete_plan(image)
        except LimenError as error:
            self._warn(paragraph(str(error), error.hint))
            return
        volume = image.volume
        text = (
            f"{clean(volume.name)}, {size(volume.allocation)} on disk, from pool {clean(volume.pool)} on "
            f"{clean(image.host_name)}.\n\nIt does not go to the trash: its data is gone for good."
        )
        self._app.push_screen(
            YesNoDialog("Delete this volume?", text, "Delete"), lambda yes: self._begin(plan) if yes else None
        )

    def do_image_copy(self, _: Target) -> None:
        """The volume under the cursor, to a pool of another host."""
        found = self._image()
        if found is None:
            return
        screen, image = found
        if image.chain and not self._may_write(screen.host_id):
            return  # a flat copy would be made there
        from limen_tui.tui.palette.match import Pick  # noqa: PLC0415 - after the first paint
        from limen_tui.tui.palette.picker import Picker  # noqa: PLC0415

        view = self._app.fleet.view
        picks = [
            Pick(host.host.id, clean(host.host.name), host.host.group,
                 reason=write_reason(host, read_only=self._app.fleet.read_only), search=host.host.name.lower())
            for host in view.hosts if host.host.id != screen.host_id and host.host.enabled
        ]  # fmt: skip
        if not picks:
            self._warn("There is no other host to copy to")
            return
        self._app.push_screen(
            Picker(f"Copy {clean(image.volume.name)} to", picks, placeholder="The name of a host"),
            lambda host_id: self._to_host(image, host_id) if host_id else None,
        )

    def _to_host(self, image: Image, host_id: str) -> None:
        def answered(pools: tuple[Pool, ...]) -> None:
            from limen_tui.tui.palette.match import Pick  # noqa: PLC0415
            from limen_tui.tui.palette.picker import Picker  # noqa: PLC0415

            picks = []
            for pool in pools:
                why = "" if pool.active else "not active"
                if pool.active and pool.available < image.volume.physical:
                    why = f"only {size(pool.available)} free"
                picks.append(Pick(pool.name, clean(pool.name), f"{pool.kind}, {size(pool.available)} free", reason=why,
                                  search=pool.name.lower()))  # fmt: skip
            self._app.push_screen(
                Picker(f"Copy {clean(image.volume.name)} into", picks, placeholder="The name of a pool"),
                lambda pool: self._copy(image, host_id, pool) if pool else None,
            )

        self._later(self._app.fleet.call(host_id, lambda verbs: verbs.pools()), answered)

    def _copy(self, image: Image, host_id: str, pool: str) -> None:
        from limen_tui.jobs.recipes.bring_image import copy_image  # noqa: PLC0415 - only for those who copy

        view, volume = self._app.fleet.view, image.volume
        host, origin = view.host(host_id), view.host(image.host_id)
        if host is None or origin is None:
            return

        def looked(answer: Any) -> None:
            chain, head = answer
            try:
                plan = copy_image(host.host, pool, origin.host, chain[0], head, chain=chain)
            except LimenError as error:
                self._warn(paragraph(str(error), error.hint))
            else:
                self._begin_or_ask(plan, flat=len(chain) > 1)

        asked = self._app.fleet.call(image.host_id, lambda verbs: (
            verbs.storage.chain(volume.pool, volume.name), verbs.storage.probe(volume.pool, volume.name)
        ))  # fmt: skip
        self._later(asked, looked)

    def _begin_or_ask(self, plan: JobPlan, *, flat: bool) -> None:
        """What takes room on the way is a question."""
        if not flat:
            self._begin(plan)
            return
        from limen_tui.tui.dialogs.text import YesNoDialog  # noqa: PLC0415 - after the first paint

        self._app.push_screen(YesNoDialog("Copy it as one image?", "\n".join(plan.notes), "Copy"),
                              lambda yes: self._begin(plan) if yes else None)  # fmt: skip

    def do_image_list(self, _: Target) -> None:
        """A file outside of the host's pools, by its path."""
        from limen_tui.tui.dialogs.text import TextDialog  # noqa: PLC0415 - after the first paint

        screen = self._screen()
        if screen is None:
            self._warn("Open a pool under Storage (3) first: the file is listed beside its volumes")
            return
        host = self._app.fleet.view.host(screen.host_id)

        def typed(path: str | None) -> None:
            if path:
                screen.action_all_pools(True)
                self._keep_path(screen, lambda: add_path(self._app.fleet.inventory, screen.host_id, path))

        self._app.push_screen(
            TextDialog("List an image by its path", f"Path on {clean(host.host.name if host else '')}",
                       note="A base image or ISO outside of pools. Nothing is copied.", check=check_path),
            typed,
        )  # fmt: skip

    def do_image_unlist(self, _: Target) -> None:
        """Such a file; it stays where it is."""
        found = self._image()
        if found is None:
            return
        screen, image = found
        if image.volume.pool:
            self._warn(f"{clean(image.volume.name)} is in a pool: it is listed for as long as it is there")
            return
        path = image.volume.path
        self._keep_path(screen, lambda: drop_path(self._app.fleet.inventory, screen.host_id, path))

    def _keep_path(self, screen: VolumesScreen, write: Callable[[], None]) -> None:
        """The database is not for the UI thread."""
        shared_reader().read(write, lambda _: self._app.call_later(screen.do_view_refresh, Target()))

    # -- where it is aimed at -----------------------------------------------------------------------

    def _image(self) -> tuple[VolumesScreen, Image] | None:
        screen = self._screen()
        image = screen.image if screen is not None else None
        if screen is None or image is None:
            self._warn("Open a pool under Storage (3) and choose a volume first")
            return None
        return screen, image
