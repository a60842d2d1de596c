"""Resizing a VM: a wish and what is known of the VM become a plan. Pure; safe on any thread."""

from limen_tui.model.resize.case import sizes_of
from limen_tui.model.resize.plan import plan_resize, with_sizes
from limen_tui.model.resize.values import Change, Place, Plan, Refusal, Situation, Sizes, Wish

__all__ = [
    "Change", "Place", "Plan", "Refusal", "Situation", "Sizes", "Wish", "plan_resize", "sizes_of", "with_sizes",
]  # fmt: skip
