"""Pure values and rules: no I/O, no libvirt, no Textual, no Peewee, no asyncio. Safe on any thread."""
