"""Benchmarks; `bin/bench` lists them and runs one."""
