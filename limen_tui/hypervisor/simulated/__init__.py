"""A simulated fleet behind the same ports as libvirt: demo mode, UI tests, screenshots, benchmarks.

Imports the model only, so that it works where libvirt is not installed. It gives raw counters, and the same arithmetic
that serves real hosts turns them into load.
"""

from limen_tui.hypervisor.simulated.fleet import SimulatedFleet, simulated_fleet

__all__ = ["SimulatedFleet", "simulated_fleet"]
