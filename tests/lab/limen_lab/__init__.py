"""Real KVM hosts on one machine: network namespaces, each with its own libvirtd, sshd, pool and network.

``tests/lab/lab`` is its command. Needs root. Everything it starts is recorded and ended by ``lab down``.
"""
