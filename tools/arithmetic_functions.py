"""The numbers of the calculator and its functions. Each number is a fraction, and knows whether anything in it was rounded."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

BITS = 8_000
"""Size of a numerator or denominator, about 2,400 digits."""

DIGITS = 50
"""Significant digits of what cannot be exact."""

_ROUGH = Context(prec=DIGITS, Emax=999_999, Emin=-999_999)


class NumberError(Exception):
    """Something that has no value, or a value that is too large."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: Fraction
    exact: bool = True
    """Whether nothing was rounded on the way to it."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list of numbers."""

    values: tuple[Number, ...]


Value = Number | Many | str


def bounded(value: Value) -> Value:
    """The value. Raises NumberError where it is too large to go on with."""
    if isinstance(value, Number) and max(value.value.numerator.bit_length(), value.value.denominator.bit_length()) > BITS:
        raise NumberError(_TOO_LARGE)
    return value


_TOO_LARGE = "The number becomes too large: about 2,400 digits are the most."


def numbers_of(given: Sequence[Value]) -> list[Number]:
    """All numbers of the arguments, those of lists among them. Raises NumberError where there is a text."""
    found: list[Number] = []
    for one in given:
        if isinstance(one, str):
            raise NumberError("Here a number is needed, not a text.")
        found += one.values if isinstance(one, Many) else (one,)
    return found


def power(base: Number, exponent: Number) -> Number:
    """`base ** exponent`, exact where the exponent is whole. Raises NumberError, ZeroDivisionError."""
    if exponent.value.denominator != 1:
        if base.value < 0:
            raise NumberError("A negative number has no power with a broken exponent.")
        if base.value == 0:
            return Number(Fraction(0), base.exact and exponent.exact) if exponent.value > 0 else Number(1 / Fraction(0))
        if exponent.value.denominator == 2:
            return _sqrt([power(base, Number(Fraction(exponent.value.numerator), exponent.exact))])
        return _rough(_ROUGH.power(_decimal(base), _decimal(exponent)))
    size = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
    if size > 1 and abs(exponent.value) * (size - 1) > BITS:
        raise NumberError(_TOO_LARGE)
    if size <= 1 and exponent.value > 2:  # 0, 1 and -1: only whether the exponent is odd counts
        return Number(base.value ** (2 - int(exponent.value) % 2), base.exact)
    if size <= 1 and exponent.value < -2:
        return Number(Fraction(1) / base.value ** (2 - int(exponent.value) % 2), base.exact)
    return Number(Fraction(base.value ** int(exponent.value)), base.exact and exponent.exact)


def _decimal(number: Number) -> Decimal:
    return _ROUGH.divide(Decimal(number.value.numerator), Decimal(number.value.denominator))


def _rough(result: Decimal) -> Number:
    """A number with so many digits. Raises NumberError where it has none, or too many."""
    if not result.is_finite() or abs(result.adjusted()) > BITS * math.log10(2):
        raise NumberError(_TOO_LARGE)
    return Number(Fraction(result), exact=False)


def _sqrt(given: Sequence[Number]) -> Number:
    (number,) = given
    if number.value < 0:
        raise NumberError("A negative number has no square root.")
    top, bottom = math.isqrt(number.value.numerator), math.isqrt(number.value.denominator)
    if top * top == number.value.numerator and bottom * bottom == number.value.denominator:
        return Number(Fraction(top, bottom), number.exact)
    return _rough(_ROUGH.sqrt(_decimal(number)))


def _log(given: Sequence[Number]) -> Number:
    if any(number.value <= 0 for number in given) or (len(given) > 1 and given[1].value == 1):
        raise NumberError("A logarithm takes a number above 0, and a base above 0 that is not 1.")
    natural = _ROUGH.ln(_decimal(given[0]))
    if len(given) == 1:
        return _rough(natural)
    return _whole_power(given) or _rough(_ROUGH.divide(natural, _ROUGH.ln(_decimal(given[1]))))


def _whole_power(given: Sequence[Number]) -> Number | None:
    """The logarithm where it is a whole number, which is then exact."""
    number, base = given
    guess = _ROUGH.divide(_ROUGH.ln(_decimal(number)), _ROUGH.ln(_decimal(base)))
    exponent = int(guess.to_integral_value())
    try:
        found = power(base, Number(Fraction(exponent)))
    except (NumberError, ZeroDivisionError):
        return None
    return Number(Fraction(exponent), number.exact and base.exact) if found.value == number.value else None


def _exp(given: Sequence[Number]) -> Number:
    (number,) = given
    if abs(number.value) > 5_000:
        raise NumberError(_TOO_LARGE)
    return _rough(_ROUGH.exp(_decimal(number)))


def _round(given: Sequence[Number]) -> Number:
    """Half away from zero, as people round."""
    number, digits = given[0], given[1] if len(given) > 1 else Number(Fraction(0))
    if digits.value.denominator != 1 or abs(digits.value) > 100:
        raise NumberError("The digits to round to are a whole number, 100 at most.")
    scale = Fraction(10) ** int(digits.value)
    size = abs(number.value) * scale + Fraction(1, 2)
    return Number((1 if number.value >= 0 else -1) * Fraction(math.floor(size)) / scale, number.exact)


def _each(compute: Callable[[Sequence[Fraction]], Fraction]) -> Callable[[Sequence[Number]], Number]:
    """A function of the values alone, exact where all of them are."""
    return lambda given: Number(compute([number.value for number in given]), all(number.exact for number in given))


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _median(values: Sequence[Fraction]) -> Fraction:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _stdev(given: Sequence[Number]) -> Number:
    """Of a sample: divided by one less than there are."""
    if len(given) < 2:
        raise NumberError("A standard deviation takes two numbers or more.")
    mean = _mean([number.value for number in given])
    squares = sum(((number.value - mean) ** 2 for number in given), Fraction(0))
    return _sqrt([Number(squares / (len(given) - 1), all(number.exact for number in given))])


def _factorial(given: Sequence[Number]) -> Number:
    (number,) = given
    if number.value.denominator != 1 or not 0 <= number.value <= 700:
        raise NumberError("A factorial takes a whole number from 0 to 700.")
    return Number(Fraction(math.factorial(int(number.value))), number.exact)


def _seconds(given: Sequence[Any]) -> Number:
    begin, end = (_moment(text) for text in given)
    apart = end - begin
    return Number(Fraction(apart.days * 86_400 + apart.seconds) + Fraction(apart.microseconds, 1_000_000))


def _days(given: Sequence[Any]) -> Number:
    return Number(_seconds(given).value / 86_400)


def _moment(text: object) -> datetime:
    """A date or a moment in ISO 8601; in UTC where it names no offset. Raises NumberError."""
    try:
        found = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise NumberError('Dates are written "2026-11-28" or "2026-11-28T09:30+01:00", in quotes.') from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Function:
    """Something that can be called by its name."""

    usage: str
    compute: Callable[[Sequence[Any]], Number]
    least: int
    """Arguments at least; a list counts as all that are in it, unless the function takes text."""
    most: int | None
    """Arguments at most; None for any number."""
    takes_text: bool = False

    def fits(self, given: Sequence[Value]) -> bool:
        """Whether it can be called with so many."""
        count = len(given) if self.takes_text else sum(len(one.values) if isinstance(one, Many) else 1 for one in given)
        return self.least <= count and (self.most is None or count <= self.most)


FUNCTIONS = {
    "abs": Function("abs(x)", _each(lambda values: abs(values[0])), 1, 1),
    "round": Function("round(x) or round(x, digits)", _round, 1, 2),
    "floor": Function("floor(x)", _each(lambda values: Fraction(math.floor(values[0]))), 1, 1),
    "ceil": Function("ceil(x)", _each(lambda values: Fraction(math.ceil(values[0]))), 1, 1),
    "sqrt": Function("sqrt(x)", _sqrt, 1, 1),
    "exp": Function("exp(x)", _exp, 1, 1),
    "log": Function("log(x) for the natural one, or log(x, base)", _log, 1, 2),
    "factorial": Function("factorial(n)", _factorial, 1, 1),
    "min": Function("min(a, b, …)", _each(min), 1, None),
    "max": Function("max(a, b, …)", _each(max), 1, None),
    "sum": Function("sum(a, b, …)", _each(lambda values: sum(values, Fraction(0))), 0, None),
    "mean": Function("mean(a, b, …)", _each(_mean), 1, None),
    "median": Function("median(a, b, …)", _each(_median), 1, None),
    "stdev": Function("stdev(a, b, …)", _stdev, 2, None),
    "count": Function("count(a, b, …)", lambda given: Number(Fraction(len(given))), 0, None),
    "percent_change": Function("percent_change(old, new)", _each(lambda values: (values[1] - values[0]) / abs(values[0]) * 100), 2, 2),
    "days": Function('days("2026-11-01", "2026-11-28")', _days, 2, 2, takes_text=True),
    "seconds": Function('seconds("2026-11-28T09:00Z", "2026-11-28T09:30Z")', _seconds, 2, 2, takes_text=True),
}
"""All functions. Their numbers may be given one by one or as a list."""


def shown(number: Number) -> str:
    """A number as people write it: all its digits where they come to an end, else so many, and the fraction that it is."""
    value = number.value
    if number.exact and value.denominator == 1:
        return str(value.numerator)
    if number.exact and (places := _places(value.denominator)) is not None and places <= DIGITS:
        digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
        return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    rough = Context(prec=20).divide(Decimal(value.numerator), Decimal(value.denominator))
    told = f"about {rough.normalize():f}" if -20 < rough.adjusted() < 40 else f"about {rough.normalize()}"
    return f"{told} (exactly {value})" if number.exact and len(str(value)) <= 60 else told


def _places(denominator: int) -> int | None:
    """How many decimal places a fraction with this denominator has; None where they never end."""
    counts = [0, 0]
    for index, prime in enumerate((2, 5)):
        while denominator % prime == 0:
            denominator //= prime
            counts[index] += 1
    return max(counts) if denominator == 1 else None
