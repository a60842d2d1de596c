"""SSH: one connection per host for libvirt, consoles, files and commands. The only package that imports asyncssh.

May import model and errors. Its coroutines run on one event-loop thread of their own; what other threads call
says so. asyncssh costs 130 ms to import, so callers import this package when the first SSH host is opened.
"""
