"""libvirt's XML: read, build, edit. Pure: lxml on strings, no I/O, no policy. Safe on any thread."""
