"""Everything that a night imports, for the process from which the nights of tests are forked."""

from importlib import import_module

import mdm.cleanse.batch
import mdm.match.batch
import mdm.match.training  # noqa: F401
import pipelines.cli
import pipelines.commands.nightly
import pipelines.models
import pipelines.night  # noqa: F401
import tests.pipelines.tiny  # noqa: F401
from expectations.engine import load_library
from expectations.gate import check_source  # noqa: F401

load_library()
for theirs in ("altair", "scipy.stats"):  # dependencies of splink and Great Expectations, which import them late
    import_module(theirs)
