"""The commands of `ansim`: they parse, call and print, and hold no logic."""

import os

# Before numpy is loaded: the sensors have a thread each, and a pool of BLAS threads under every one of them
# waits busily (the search for multicarrier signals costs five times the CPU) and rounds differently.
for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")
