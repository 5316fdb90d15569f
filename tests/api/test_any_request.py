"""Whatever is sent, the API answers as its own description says: no 5xx, no status or shape that is not documented."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import make_app
from tests.api.keys import add_key, bearing
from tests.api.world import new_world

CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
)  # fmt: skip


@pytest.mark.parametrize("examples", [7, pytest.param(60, marks=pytest.mark.slow)])
def test_any_request_is_answered_as_described(examples: int) -> None:
    """Every operation of the description, with as many drawn requests, valid ones and others; in a town of its own."""
    with new_world() as world:
        described = schemathesis.openapi.from_asgi("/openapi.json", make_app(world.settings))
        headers = bearing(add_key(world.database))
        faults = []
        for found in described.get_all_operations():
            operation = found.ok()
            try:
                _ask(operation, headers, examples)
            except (AssertionError, BaseExceptionGroup, schemathesis.errors.SchemathesisError) as fault:
                faults.append(f"{operation.label}: {fault}")
        assert not faults, "\n\n".join(faults)


def _ask(operation: Any, headers: dict[str, str], examples: int) -> None:
    strategies = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate], derandomize=True,
    )  # fmt: skip
    @given(case=st.one_of(*strategies))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    ask()
