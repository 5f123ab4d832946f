"""The package against the C compiler: random signatures, calls and closures, byte for byte.

tests/fuzz/ does the work, in processes of its own; here is the fixed part of it that every run checks.
"""
from __future__ import annotations

import pytest
from fuzz import compiler, driver
from fuzz.batch import SIZE, Plan

SEED = 20241
CHUNKS = 32

pytestmark = pytest.mark.skipif(not compiler.command(), reason="needs a C compiler")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_signatures(chunk):
    """Each of 100 signatures is called in every way, and called by C as a closure."""
    outcome = driver.run(Plan(SEED), range(chunk * SIZE, (chunk + 1) * SIZE))
    assert not outcome.tally.failed, "\n".join(outcome.reports)
    # Types that are refused by value must stay the exception: unions and packed structs are.
    assert outcome.tally.calls > 0.8 * SIZE
    assert outcome.tally.closures > 0.65 * SIZE
