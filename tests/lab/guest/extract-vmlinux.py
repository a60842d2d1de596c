"""extract-vmlinux.py BZIMAGE OUT: find the compressed ELF payload of a bzImage and write it out."""

import subprocess
import sys
from pathlib import Path

MAGICS = [
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x1f\x8b\x08", "gzip"),
]
data = Path(sys.argv[1]).read_bytes()
for magic, tool in MAGICS:
    at = data.find(magic)
    while at >= 0:
        try:
            out = subprocess.run([tool, "-dc"], input=data[at:], capture_output=True, check=False).stdout
        except FileNotFoundError:
            sys.exit(f"{tool} is needed")
        if out[:4] == b"\x7fELF":
            Path(sys.argv[2]).write_bytes(out)
            sys.exit(0)
        at = data.find(magic, at + 1)
sys.exit("no ELF payload found")
