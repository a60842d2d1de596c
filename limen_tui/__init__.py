"""Limen TUI: every virtual machine on every KVM host, from one terminal.

Imports nothing, so that ``limen --version`` costs an interpreter start and no more.
"""

__version__ = "0.1.0"
