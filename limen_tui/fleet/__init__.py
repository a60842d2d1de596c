"""The headless core: sessions by host, merged snapshots, acts with results, audit. No Textual.

May import jobs, hypervisor, remote, inventory and model. Both the TUI and the command line drive it.
"""
