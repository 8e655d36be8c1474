"""The Python language host of the pinned engine: runs programs, plugins and policy packs that are written in Python.

Upstream's host is written in Go and cannot be had as a Go module, so the built engine gets this one. It does what upstream's does, but
for three things, which it refuses with a sentence: other toolchains than pip, type checkers and debuggers before a run, and generating
code. `python -m toolchain.language_host ENGINE` serves one engine.
"""
