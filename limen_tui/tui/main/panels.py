"""Makes each of the views, whose code is loaded when it is first shown. May import textual panels. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from limen_tui.tui.viewpanel import ViewPanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

VIEWS: Final = ("vms", "hosts", "storage", "networks", "jobs", "events", "top")


def make_panel(app: LimenApp, view_id: str) -> ViewPanel:
    """The panel of a view. Most runs begin with the VMs: the others' code must not keep the first paint waiting."""
    match view_id:
        case "hosts":
            from limen_tui.tui.hosts.panel import HostsPanel  # noqa: PLC0415 - see above, here and below

            return HostsPanel(app)
        case "storage":
            from limen_tui.tui.storage.panel import StoragePanel  # noqa: PLC0415

            return StoragePanel(app)
        case "networks":
            from limen_tui.tui.networks.panel import NetworksPanel  # noqa: PLC0415

            return NetworksPanel(app)
        case "jobs":
            from limen_tui.tui.jobs.panel import JobsPanel  # noqa: PLC0415

            return JobsPanel(app)
        case "events":
            from limen_tui.tui.events.panel import EventsPanel  # noqa: PLC0415

            return EventsPanel(app)
        case "top":
            from limen_tui.tui.top.panel import TopPanel  # noqa: PLC0415

            return TopPanel(app)
        case _:
            from limen_tui.tui.fleet.panel import FleetPanel  # noqa: PLC0415

            return FleetPanel(app.fleet, columns=app.memory.columns("vms"))
