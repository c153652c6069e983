"""Arithmetic without rounding: an expression in the notation of Python, read by a whitelist and worked out with fractions.

Nothing is executed: the text becomes a tree, and what the tree may hold is listed here. Every number is bounded before it is computed.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from fractions import Fraction

from tools.arithmetic_functions import FUNCTIONS, Many, Number, NumberError, Value, bounded, numbers_of, power

LONGEST = 1_000
"""Characters of an expression."""

MOST = 300
"""Parts of an expression: numbers, operators, functions."""

DEEPEST = 40
"""Levels of parts inside one another."""

EXPONENT = 1_000
"""The largest exponent of a number such as `1e30`."""

_PERCENT = re.compile(r"(?<![\w.])(\d[\d_]*(?:\.\d+)?)\s*%(?=\s*(?:[-+*/),\]<>=!]|$))")
_SPACE = re.compile(r"\s")
_SIGNS = str.maketrans("×·÷−–", "**/--")
_NUMBER = re.compile(r"\d*\.?\d*(?:[eE]([+-]?\d+))?")

_BINARY: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right), ast.Mod: operator.mod,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Fraction, Fraction], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}


class Wrong(Exception):
    """An expression that has no value, and where in it the reason lies."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.at = at
        """Place in the expression, in characters from 0."""


def spelled(said: str) -> str:
    """The expression as it is read, on one line: a percent sign behind a number, with no operand behind it, divides it by 100."""
    return _PERCENT.sub(r"(\1/100)", _SPACE.sub(" ", said.strip()).translate(_SIGNS))


def value_of(expression: str) -> Number | bool:
    """What it comes to; `expression` is one that `spelled` made. Raises Wrong."""
    if len(expression) > LONGEST:
        raise Wrong(f"The expression has {len(expression)} characters; {LONGEST} are the most. Work it out in parts.", 0)
    return _Reading(expression).value()


class _Reading:
    """One expression."""

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._left = MOST

    def value(self) -> Number | bool:
        """Raises Wrong."""
        try:
            with warnings.catch_warnings(action="ignore"):  # such as `1or 2`, which is refused below
                tree = ast.parse(self._text, mode="eval").body
        except SyntaxError as error:
            raise Wrong(f"This is no expression: {error.msg}.", max((error.offset or 1) - 1, 0)) from None
        except (ValueError, RecursionError, MemoryError):
            raise Wrong("This is no expression that can be read.", 0) from None
        if isinstance(tree, ast.Compare):
            return self._compared(tree)
        if isinstance(tree, ast.Tuple):
            raise self._wrong("There is a comma between numbers. Write 1000 for a thousand, and one expression at a time.", tree)
        return self._number(tree, 0)

    def _compared(self, node: ast.Compare) -> bool:
        values = [self._number(part, 1) for part in (node.left, *node.comparators)]
        for test, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(test) not in _COMPARE:
                raise self._wrong("Numbers are compared with <, <=, >, >=, == and !=.", node)
            if not _COMPARE[type(test)](left.value, right.value):
                return False
        return True

    def _number(self, node: ast.expr, depth: int) -> Number:
        found = self._value(node, depth)
        if not isinstance(found, Number):
            raise self._wrong("Here a number is needed.", node)
        return found

    def _value(self, node: ast.expr, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise self._wrong(f"The expression is too large: {MOST} parts and {DEEPEST} levels are the most.", node)
        try:
            return bounded(self._worked_out(node, depth + 1))
        except NumberError as error:
            raise self._wrong(str(error), node) from None
        except ZeroDivisionError:
            raise self._wrong("This divides by zero.", node) from None

    def _worked_out(self, node: ast.expr, depth: int) -> Value:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                inner = self._number(operand, depth)
                return Number(-inner.value, inner.exact) if isinstance(sign, ast.USub) else inner
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return power(self._number(left, depth), self._number(right, depth))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                one, other = self._number(left, depth), self._number(right, depth)
                return Number(_BINARY[type(sign)](one.value, other.value), one.exact and other.exact)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return Many(tuple(self._number(part, depth) for part in parts))
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                return self._called(node, name, [self._value(part, depth) for part in given])
        raise self._wrong(_why_not(node), node)

    def _constant(self, node: ast.Constant) -> Value:
        match node.value:
            case bool() | None:
                raise self._wrong("Here a number is needed.", node)
            case int() as whole:
                return Number(Fraction(whole))
            case float():
                written = (ast.get_source_segment(self._text, node) or "").replace("_", "")
                form = _NUMBER.fullmatch(written)
                if form is None or (form[1] and abs(int(form[1])) > EXPONENT):
                    raise self._wrong(f"The exponent is too large: {EXPONENT} is the most.", node)
                return Number(Fraction(written))
            case str() as text:
                return text
        raise self._wrong("Here a number is needed.", node)

    def _called(self, node: ast.Call, name: str, given: list[Value]) -> Number:
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._wrong(f"There is no function {name[:40]}. There are: {', '.join(FUNCTIONS)}.", node)
        if not function.fits(given):
            raise self._wrong(f"{name} is written {function.usage}.", node)
        return function.compute(given if function.takes_text else numbers_of(given))

    def _wrong(self, text: str, node: ast.expr) -> Wrong:
        return Wrong(text, len(self._text.encode()[: node.col_offset].decode(errors="replace")))


def _why_not(node: ast.expr) -> str:
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return "Powers are written with **, as in 2**10."
        case ast.Name(id=name):
            return f"There is no {name[:40]} here: write numbers. The functions are {', '.join(FUNCTIONS)}."
        case ast.Compare():
            return "A comparison may only stand for itself, not inside something else."
    return "This has no place in arithmetic."
