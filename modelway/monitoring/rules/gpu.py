"""Alerts on GPUs, from NVIDIA's DCGM exporter (docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html).

Its labels `namespace` and `pod` say who uses a GPU.
"""

from collections.abc import Iterator

from modelway.monitoring.rules.writing import Rule, alert, of_team

XIDS_OF_PROGRAMS = (13, 31, 43, 45)
"""Faults that a program makes by itself, and that leave the GPU as good as it was (docs.nvidia.com/deploy/xid-errors)."""


def rules(namespaces: str) -> Iterator[Rule]:
    """`namespaces`: the matcher of the teams' namespaces."""
    of_programs = " or ".join(f"DCGM_FI_DEV_XID_ERRORS == {xid}" for xid in XIDS_OF_PROGRAMS)
    yield alert(
        "GpuFault",
        f"DCGM_FI_DEV_XID_ERRORS > 0 unless ({of_programs})",
        hold="1m",
        severity="ticket",
        summary="GPU {{ $labels.gpu }} of {{ $labels.Hostname }} reports fault {{ $value }}",
        description="Work on this GPU may fail or give wrong answers. The number is NVIDIA's XID.",
    )
    used, free = (f"DCGM_FI_DEV_FB_{what}{{{namespaces}}}" for what in ("USED", "FREE"))
    yield alert(
        "GpuMemoryNearlyFull",
        of_team(f"{used} / ({used} + {free}) > 0.95"),
        hold="15m",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its GPU's memory",
        description="The next larger request may fail for want of memory.",
    )
    yield alert(
        "GpuIdle",
        of_team(f"max by (cluster, namespace, pod) (max_over_time(DCGM_FI_DEV_GPU_UTIL{{{namespaces}}}[6h])) < 5"),
        hold="12h",
        severity="ticket",
        summary="{{ $labels.namespace }}/{{ $labels.pod }} holds a GPU and does not use it",
        description="It was never busier than {{ $value }} % for six hours at a time. A GPU costs the same idle.",
    )
