"""What pools put on their nodes, whoever makes these."""

POOL_LABEL = "modelway.dev/pool"

GPU_TAINT_KEY = "nvidia.com/gpu"
"""Keeps pods off that ask for no GPU."""

HAS_GPU = {"nvidia.com/gpu.present": "true"}
"""What NVIDIA's device plugin and exporter of metrics look for."""
