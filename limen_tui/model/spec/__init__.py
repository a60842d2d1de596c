"""What a create, resize or clone form asks for, as pure values; checked, completed, and in and out of JSON and TOML."""

from limen_tui.model.spec.check import Finding, HostLimits, PoolLimits, errors, validate
from limen_tui.model.spec.cloud import Addressing, CloudInit
from limen_tui.model.spec.codec import from_json, from_plain, to_json, to_plain
from limen_tui.model.spec.completing import complete
from limen_tui.model.spec.devices import DiskSpec, NicSpec
from limen_tui.model.spec.presets import PRESETS, Preset, apply_preset
from limen_tui.model.spec.source import (
    Blank,
    CloudImage,
    CopyOf,
    DirectKernel,
    ImageRef,
    ImportDisk,
    IsoInstall,
    Pxe,
    Source,
)
from limen_tui.model.spec.vm import Topology, VMSpec

__all__ = [
    "PRESETS", "Addressing", "Blank", "CloudImage", "CloudInit", "CopyOf", "DirectKernel", "DiskSpec", "Finding",
    "HostLimits", "ImageRef", "ImportDisk", "IsoInstall", "NicSpec", "PoolLimits", "Preset", "Pxe", "Source",
    "Topology", "VMSpec", "apply_preset", "complete", "errors", "from_json", "from_plain", "to_json", "to_plain",
    "validate",
]  # fmt: skip
