"""Real hypervisors, through libvirt: the only package that imports it.

May import ``limen_tui.errors`` and ``limen_tui.model``. No virDomain or virConnect leaves this package:
callers see :class:`~limen_tui.model.ports.HostPort`, dataclasses, UUIDs and futures.
"""
