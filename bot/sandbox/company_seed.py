"""The company as it is when the sandbox starts: four services, one of which has just got a bad release, and two databases."""

from dataclasses import dataclass

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Level:
    """How a service behaves when it has settled on one version, before noise."""

    p95_ms: float
    """95th percentile of response times, in milliseconds."""
    error_rate: float
    """Share of requests that fail, in percent."""
    rps: float
    """Requests a second."""


@dataclass(frozen=True)
class SeedDeploy:
    """One release in a service's history."""

    version: str
    age: float
    """Seconds before the start of the sandbox at which it went live."""
    by: str
    """Who deployed it."""
    message: str
    """Subject of the newest commit in the release."""
    level: Level
    """How the service behaves on this version."""


@dataclass(frozen=True)
class SeedService:
    """One service and its releases, oldest first."""

    name: str
    owner: str
    """Team that answers for it."""
    description: str
    instances: int
    deploys: tuple[SeedDeploy, ...]


_CHECKOUT = Level(p95_ms=180, error_rate=0.2, rps=42)
_PAYMENTS = Level(p95_ms=240, error_rate=0.1, rps=18)
_CATALOG = Level(p95_ms=95, error_rate=0.05, rps=310)
_WEB = Level(p95_ms=130, error_rate=0.15, rps=520)

SERVICES = (
    SeedService(
        "checkout",
        "Team Basket",
        "Turns a basket into an order: prices, discounts, address, payment.",
        4,
        (
            SeedDeploy("2026.11.14-1", 6 * DAY, "Ines Duarte", "Show delivery estimates at the address step", _CHECKOUT),
            SeedDeploy("2026.11.18-3", 2 * DAY, "Tomás Ruiz", "Remember the last used card", _CHECKOUT),
            SeedDeploy(
                "2026.11.20-2",
                40 * MINUTE,
                "Ines Duarte",
                "Validate each discount code with the pricing service, one call a line item",
                Level(p95_ms=2400, error_rate=6.0, rps=37),
            ),
        ),
    ),
    SeedService(
        "payments",
        "Team Ledger",
        "Authorises and captures payments with the card provider.",
        3,
        (
            SeedDeploy("2026.11.06-2", 14 * DAY, "Noor Haddad", "Keep the provider's decline codes", _PAYMENTS),
            SeedDeploy("2026.11.12-1", 8 * DAY, "Noor Haddad", "Rotate the provider's signing certificate", _PAYMENTS),
            SeedDeploy("2026.11.17-1", 3 * DAY, "Jonas Weber", "Capture in batches of fifty", _PAYMENTS),
        ),
    ),
    SeedService(
        "catalog",
        "Team Shelf",
        "Products, prices and stock, read by every page.",
        6,
        (
            SeedDeploy("2026.11.11-1", 9 * DAY, "Mei Tan", "Index brand names", _CATALOG),
            SeedDeploy("2026.11.19-1", 26 * HOUR, "Mei Tan", "Cache category trees for a minute", _CATALOG),
        ),
    ),
    SeedService(
        "web",
        "Team Front",
        "The shop's pages and the gateway in front of the other services.",
        8,
        (
            SeedDeploy("2026.11.16-4", 4 * DAY, "Sam Okafor", "Smaller images on phones", _WEB),
            SeedDeploy("2026.11.20-1", 5 * HOUR, "Sam Okafor", "New footer with the holiday opening hours", _WEB),
        ),
    ),
)



@dataclass(frozen=True)
class SeedDatabase:
    """A database on two machines, one of which takes the writes."""

    name: str
    owner: str
    """Team that answers for it."""
    primary: str
    """The machine that takes the writes."""
    standby: str
    """The machine that follows."""


DATABASES = (
    SeedDatabase("orders-db", "Team Basket", "orders-db-1", "orders-db-2"),
    SeedDatabase("catalog-db", "Team Shelf", "catalog-db-2", "catalog-db-1"),
)

OBJECTIVES = {"p95_ms": 400.0, "error_rate": 1.0}
"""What the company promises itself: the highest value of a metric that is still good. A metric without one is never bad."""

UNITS = {"p95_ms": "ms", "error_rate": "%", "rps": "requests/s"}
"""The metrics of every service, each with its unit."""


@dataclass(frozen=True)
class SeedTicket:
    """A ticket that was there before anybody asked."""

    title: str
    body: str
    service: str | None
    age: float
    """Seconds before the start of the sandbox at which it was opened."""


TICKETS = (
    SeedTicket("Stock counts lag after the nightly import", "They are right again by 07:00. Three nights in a row.", "catalog", 30 * HOUR),
    SeedTicket("Certificate of the card provider ends in January", "Rotate it before the holidays are over.", "payments", 3 * DAY),
)
