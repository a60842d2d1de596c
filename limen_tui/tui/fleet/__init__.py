"""The fleet screen: totals, host tree, table of VMs, detail strip. May import Textual, limen_widgets, fleet and
model. UI thread.
"""
