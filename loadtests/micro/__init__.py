"""Micro-benchmarks: one part of Chorale at a time, in this process, without HTTP."""
