"""Names that configurations ask for are those that sources give."""

from agents.figures import figures
from tests.world import NOON
from tools.dbt_results import BROKEN
from tools.monitoring.names import FIGURES, VALUES


def test_names_are_those_of_the_sources() -> None:
    assert tuple(figures([], NOON).values(None)) == FIGURES
    assert VALUES["failures"] == BROKEN
