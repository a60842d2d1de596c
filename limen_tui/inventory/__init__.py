"""What Limen remembers between runs, on SQLite. The only package that imports peewee; of Limen model, errors."""

from limen_tui.inventory.inventory import Inventory, open_inventory

__all__ = ["Inventory", "open_inventory"]
