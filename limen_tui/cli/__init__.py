"""The command line: one verb, one answer, an exit code. May import fleet, settings and model; never Textual.

The one exception is ``limen`` without a verb, which starts the TUI and imports it at that moment.
"""
