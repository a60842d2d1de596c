"""Whether a host can fetch from the web by itself, and the plan of a fetch: by the host where it can, else through
this machine. Blocks: not on the UI thread. ``limen_tui.remote`` is imported late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.errors import ConnectError, InputError, NotSupported
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.images import by_hand
from limen_tui.jobs.recipes.bring_image import fetch_image
from limen_tui.model.host import Host
from limen_tui.model.jobs import JobPlan
from limen_tui.model.uri import parse_uri

if TYPE_CHECKING:
    from limen_tui.remote.hostweb import HostWeb


def web_of(fleet: Fleet, host_id: str) -> HostWeb | None:
    """The web as a host sees it; ``None`` where it is not reached over SSH."""
    link = fleet.links.link(host_id) if fleet.links is not None else None
    snapshot = fleet.view.host(host_id)
    if link is None or snapshot is None:
        return None
    try:
        uri = parse_uri(snapshot.host.uri)
    except InputError:
        return None
    from limen_tui.remote.hostweb import HostWeb  # noqa: PLC0415 - late: see the module's docstring

    return HostWeb(link, uri)


def plan_fetch(
    fleet: Fleet, host: Host, pool: str, url: str, *, name: str = "", checksum: str = "", checksum_url: str = "",
    read_back: bool = False,
) -> JobPlan:  # fmt: skip
    """The job that fetches ``url``. Raises ``LimenError``; where neither end has a way to it, the hint says how to
    bring the file by hand."""

    def plan(by_host: HostWeb | None) -> JobPlan:
        return fetch_image(host, pool, url, name=name, checksum=checksum, checksum_url=checksum_url,
                           read_back=read_back, by_host=by_host)  # fmt: skip

    web = web_of(fleet, host.id)
    if web is not None and web.able():
        try:
            return plan(web)
        except (ConnectError, NotSupported):
            pass  # this machine may have a way where the host has none
    try:
        return plan(None)
    except ConnectError as error:
        raise ConnectError(error.title, error.detail, by_hand(url, host.name, pool)) from error
