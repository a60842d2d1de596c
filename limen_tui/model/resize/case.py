"""A wish and its circumstances, parsed once, and the plan in the making. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from limen_tui.model.resize.values import Change, Refusal, Situation, Sizes, Wish
from limen_tui.model.xml.parse import parse
from limen_tui.model.xml.read import facts


def sizes_of(xml: str) -> Sizes:
    """CPUs and memory of a definition. Raises ``InputError``."""
    read = facts(xml)
    return Sizes(read.vcpus, read.vcpus_max, read.memory_kib, read.memory_max_kib)


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at."""

    wish: Wish
    situation: Situation
    config: Sizes
    """Of the definition; of what runs for a transient VM."""
    live: Sizes | None
    """Of what runs; ``None`` at rest."""
    root: etree._Element
    """The definition; what runs for a transient VM."""
    live_root: etree._Element | None

    @classmethod
    def of(cls, situation: Situation, wish: Wish) -> Case:
        """Parse the definitions. Raises ``InputError``."""
        shown = situation.config_xml or situation.live_xml
        live = situation.running
        return cls(
            wish, situation, sizes_of(shown), sizes_of(situation.live_xml) if live else None, parse(shown, "domain"),
            parse(situation.live_xml, "domain") if live else None,
        )  # fmt: skip

    @property
    def devices_of(self) -> etree._Element:
        """Where to look for devices: what runs, else the definition."""
        return self.root if self.live_root is None else self.live_root

    @property
    def asked(self) -> Sizes:
        """The sizes wished, with what is not wished as it is."""

        def chosen(wished: int | None, old: int) -> int:
            return old if wished is None else wished

        wish, old = self.wish, self.config
        return Sizes(
            chosen(wish.vcpus, old.vcpus), chosen(wish.vcpus_max, old.vcpus_max),
            chosen(wish.memory_kib, old.memory_kib), chosen(wish.memory_max_kib, old.memory_max_kib),
        )  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A plan in the making."""

    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Keep a change; one that is neither for now nor for the next boot is a refusal."""
        if change.live or change.config:
            self.changes.append(change)
        else:
            self.refusals.append(Refusal(
                change.subject, change.note.capitalize() or "It cannot change while it runs",
                "It is transient: it has no next boot. Define it, or start it anew.",
            ))  # fmt: skip
