"""How long Hypothesis tries: a fixed selection in a test run, more and other ones in `tools/check/fuzz`."""
from __future__ import annotations

import os

import pytest

hypothesis = pytest.importorskip("hypothesis")
FACTOR = int(os.environ.get("LIBFFI_FUZZ", "0"))        # set by tools/check/fuzz


def examples(count: int):
    """Return the settings for `count` examples, the same ones each time, or for FACTOR times as many new ones."""
    return hypothesis.settings(
        max_examples=count * (FACTOR or 1), derandomize=not FACTOR, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck))
