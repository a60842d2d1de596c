"""The NoCloud seed: a small ISO that cloud-init reads on the first boot. Imports model and (late) pycdlib; any thread.

The same spec makes the same bytes, so that a job done again after a crash can tell that its seed is written already.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from limen_tui.errors import InputError
from limen_tui.fleet.templates import rendered, yaml_environment
from limen_tui.model import userdata
from limen_tui.model.spec.cloud import Addressing, CloudInit
from limen_tui.model.spec.vm import VMSpec

LABEL: Final = "cidata"
_SECTOR: Final = 2048
_FIRST_DESCRIPTOR: Final = 16 * _SECTOR
_LAST_DESCRIPTOR: Final = 255
_DATE: Final = b"2000010100000000\0"
_NO_DATE: Final = b"0000000000000000\0"
_STAMPS: Final = ("creation_time", "access_time", "modification_time", "attribute_change_time", "backup_time",
                  "expiration_time", "effective_time")  # fmt: skip
MAX_BYTES: Final = 4 << 20
_ISO_NAMES: Final = {"user-data": "USERDATA", "meta-data": "METADATA", "network-config": "NETWORKC"}


def seed_files(spec: VMSpec) -> dict[str, str]:
    """The files of the seed of a completed ``spec`` by name; none without ``cloud_init``.

    Raises ``InputError`` for a template that fails and for user-data that is not usable.
    """
    cloud = spec.cloud_init
    if cloud is None:
        return {}
    environment = yaml_environment()
    made = rendered(environment, "cloud-init/user-data.j2", cloud=cloud, vm=spec)
    files = {
        "user-data": userdata.combined(made, cloud.user_data),
        "meta-data": rendered(environment, "cloud-init/meta-data.j2", cloud=cloud, vm=spec),
    }
    if spec.nics:
        nics = _nics(spec, cloud)
        files["network-config"] = rendered(environment, "cloud-init/network-config.j2", cloud=cloud, vm=spec, nics=nics)
    return files


def seed_iso(spec: VMSpec) -> bytes:
    """The ISO of a completed ``spec``, labelled ``cidata``. Raises ``InputError``; also where it has no cloud-init."""
    files = seed_files(spec)
    if not files:
        raise InputError("There is no cloud-init to make a seed of")
    return iso_of(files)


def iso_of(files: Mapping[str, str]) -> bytes:
    """An ISO with Rock Ridge and Joliet names and these files. Raises ``InputError`` above 4 MiB."""
    from pycdlib import PyCdlib  # noqa: PLC0415 - not on the way to the first paint

    contents = {name: text.encode("utf-8") for name, text in files.items()}
    if sum(map(len, contents.values())) > MAX_BYTES:
        raise InputError("The cloud-init seed is too large", "The most is 4 MiB.")
    iso, made = PyCdlib(), io.BytesIO()
    iso.new(interchange_level=3, vol_ident=LABEL, joliet=3, rock_ridge="1.09")
    for name, content in contents.items():
        iso.add_fp(
            io.BytesIO(content), len(content), iso_path=f"/{_ISO_NAMES[name]}.;1", rr_name=name, joliet_path=f"/{name}",
            file_mode=0o100444,
        )  # fmt: skip
    for date in _dates(iso):
        _set_date(date)
    iso.write_fp(made)
    iso.close()
    return _dated(bytearray(made.getbuffer()))


def _nics(spec: VMSpec, cloud: CloudInit) -> list[dict[str, Any]]:
    """By NIC: its name in the guest, its MAC address and how it gets its addresses."""
    found = []
    for at, nic in enumerate(spec.nics):
        how = cloud.addressing[at] if at < len(cloud.addressing) else Addressing()
        routes = [{"to": "::/0" if ":" in gateway else "0.0.0.0/0", "via": gateway} for gateway in how.gateways]
        found.append({"name": f"eth{at}", "mac": nic.mac, "how": how, "routes": routes})
    return found


def _dates(iso: Any) -> Iterator[Any]:
    """The dates of all files: pycdlib takes the clock for them and has no way to say another."""
    for volume in (iso.pvd, iso.joliet_vd):
        root = volume.root_directory_record()
        for record in (root, *root.children):
            yield record.date
            stamps = record.rock_ridge.dr_entries.tf_record if record.rock_ridge is not None else None
            if stamps is not None:
                found = (getattr(stamps, name, None) for name in _STAMPS)
                yield from (date for date in found if date is not None)


def _set_date(date: Any) -> None:
    """The first of January 2000, in UTC."""
    date.years_since_1900, date.month, date.day_of_month = 100, 1, 1
    date.hour = date.minute = date.second = date.gmtoffset = 0


def _dated(iso: bytearray) -> bytes:
    """The dates of the volume itself, at their places by ECMA-119, 8.4.26: pycdlib sets them as it writes."""
    at = _FIRST_DESCRIPTOR
    while iso[at] != _LAST_DESCRIPTOR:
        iso[at + 813 : at + 881] = _DATE * 2 + _NO_DATE + _DATE
        at += _SECTOR
    return bytes(iso)
