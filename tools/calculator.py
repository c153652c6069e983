"""The calculator, so that a model need not guess at numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.ports import Done, Failed
from tools.argument import Argument, Part
from tools.arithmetic import LONGEST, Wrong, spelled, value_of
from tools.arithmetic_functions import FUNCTIONS, shown
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext


class CalculatorConfig(Part):
    """It has nothing to say."""


class CalculatorEntry(Entry):
    """`{name: calculator, calculator: {}}`."""

    calculator: CalculatorConfig


@asynccontextmanager
async def _connect(entry: CalculatorEntry, context: SourceContext) -> AsyncIterator[None]:
    yield None


async def _calculate(source: None, arguments: Arguments, use: Use) -> Done | Failed:
    expression = spelled(arguments["expression"])
    try:
        result = value_of(expression)
    except Wrong as error:
        return Failed(f"{error}\n  {_line(expression)}\n  {' ' * error.at}^")
    return Done(f"{_line(expression)} = {str(result).lower() if isinstance(result, bool) else shown(result)}")


def _line(expression: str) -> str:
    """On one line, with every character in its place."""
    return "".join(character if character.isprintable() else " " for character in expression)


CALCULATOR = Pack("calculator", CalculatorEntry, (
    Operation(
        "",
        "Work out an expression exactly, with fractions and without rounding: + - * / // % ** ( ), numbers such as 1_000, 0.1, 2e6 or 15%, "
        f"comparisons (1/3 < 0.34), lists in square brackets, and the functions {', '.join(one.usage for one in FUNCTIONS.values())}.",
        _calculate,
        {"expression": Argument(
            type="string", minLength=1, maxLength=LONGEST, description="one expression, such as round(412 / 9610 * 100, 2)"
        )},
    ),
), _connect)
