"""Benchmarks: costs as ratios of medians within one run. Never part of the tests; `make bench` prints them."""
