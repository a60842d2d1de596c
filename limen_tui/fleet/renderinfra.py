"""XML of pools and networks by the templates. Imports model, and (late) jinja2; any thread."""

from __future__ import annotations

import ipaddress

from limen_tui.errors import InputError
from limen_tui.fleet.templates import rendered, xml_environment
from limen_tui.model.naming import check_file_name
from limen_tui.model.spec.infra import NetworkSpec, PoolSpec, check_pool
from limen_tui.model.units import clean
from limen_tui.model.xml.parse import parse


def render_pool(spec: PoolSpec) -> str:
    """Pool XML for virStoragePoolDefineXML. Raises ``InputError`` for what cannot be one."""
    check_pool(spec)
    text = rendered(xml_environment(), "pool.xml.j2", pool=spec)
    parse(text, "pool")
    return text


def render_network(spec: NetworkSpec) -> str:
    """Network XML for virNetworkDefineXML. Raises ``InputError`` for what cannot be one."""
    check_file_name(spec.name, "network")
    if spec.forward == "bridge" and not spec.bridge:
        raise InputError("The bridge is missing", "A network over a bridge of the host needs its name.")
    text = rendered(xml_environment(), "network.xml.j2", network=spec, ip=_address(spec))
    parse(text, "network")
    return text


def _address(spec: NetworkSpec) -> dict[str, str] | None:
    if not spec.address or spec.forward == "bridge":
        return None
    try:
        own = ipaddress.ip_interface(spec.address)
        if "/" not in spec.address or own.network.num_addresses < 4:
            raise ValueError("it needs a prefix that leaves room, like 192.168.50.1/24")
        ends = [ipaddress.ip_address(text) for text in (spec.dhcp_first, spec.dhcp_last) if text]
        if len(ends) == 1 or any(end not in own.network for end in ends) or (ends and int(ends[0]) > int(ends[1])):
            raise ValueError("the DHCP range is not within it")
    except ValueError as error:
        raise InputError("The network's address cannot be used", f"{clean(spec.address[:60])!r}: {error}") from error
    return {"family": f"ipv{own.version}", "address": str(own.ip), "prefix": str(own.network.prefixlen)}
