"""Opening tables and answering queries.

Run with `make bench`. Each figure stands beside a reference run in the same process: the table read with pandas,
and architectures looked up in a dict by their strings, as the official APIs do.
"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas_benchmarks.store import find

NAMES = {"nasbench201/cifar100": "nasbench201-cifar100.parquet", "nasbench101": "nasbench101-cifar10.parquet"}
both = pytest.mark.parametrize("name", NAMES)

FRESH = """
import time
def rss(): return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
start = time.perf_counter(); import weaknas; imported = time.perf_counter() - start
before = rss(); start = time.perf_counter(); bench = weaknas.benchmark({name!r})
first, memory = time.perf_counter() - start, rss() - before
start = time.perf_counter(); weaknas.benchmark({name!r}); second = time.perf_counter() - start
print(imported, first, second, memory)
"""


def fresh(name):
    script = FRESH.format(name=name)
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return [float(number) for number in out.split()]


@both
def test_opening_in_a_fresh_process(benchmark, name):
    runs = [fresh(name) for _ in range(3)]
    imported, first, second, memory = np.median(runs, axis=0)
    benchmark.pedantic(lambda: weaknas.benchmark(name), rounds=3)
    print(f"\n{name}: import {imported:.2f} s, first opening {first:.2f} s, next {second:.3f} s, {memory:.0f} MB")


@both
def test_opening_with_pandas(benchmark, name):
    path = find(NAMES[name])

    def read():
        frame = pd.read_parquet(path)
        return {arch: row for row, arch in enumerate(frame["arch"])}

    benchmark.pedantic(read, rounds=3)


@both
@pytest.mark.parametrize("size", [10_000, 1])
def test_queries(benchmark, name, size):
    bench = weaknas.benchmark(name)
    batches = bench.space.sample(10_000, np.random.default_rng(0)).reshape(-1, size, len(bench.space.options))

    def run():
        for batch in batches:
            bench.evaluate(batch)

    run()
    benchmark.pedantic(run, rounds=5)
    print(f"\n{name}, batches of {size}: {10_000 / benchmark.stats.stats.min:,.0f} queries/s")


@both
def test_queries_of_a_dict_by_string(benchmark, name):
    bench = weaknas.benchmark(name)
    texts = bench.space.to_str(bench.space.rows)
    table = dict(zip(texts, bench.evaluate(bench.space.rows).scores, strict=True))
    batch = bench.space.sample(10_000, np.random.default_rng(0))

    def run():
        return [table[text] for text in bench.space.to_str(batch)]

    benchmark.pedantic(run, rounds=5)
    print(f"\n{name}, strings in a dict: {10_000 / benchmark.stats.stats.min:,.0f} queries/s")
