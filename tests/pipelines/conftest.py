"""Real PostgreSQL for nights; the warnings of other people's packages while they are imported are not ours."""

from tests.pipelines.evenings import *  # noqa: F403
from tests.store.fixtures import *  # noqa: F403
