"""Grafana Alerting's webhook contact point:
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/.

Since Grafana 12 it signs with HMAC-SHA256 over the body, or over its time, a colon and the body where the contact point names a header
for the time. Where it signs nothing, its authorization header or password has to carry the secret.
"""

from datetime import datetime

from bot.http.sources.alertmanager import read
from bot.http.sources.call import Call, Kind, Unsigned, authorized, hmac_sha256, in_time, same

SIGNATURE = "x-grafana-alerting-signature"


def grafana(timestamp_header: str | None) -> Kind:
    """With the header that carries the time, where its contact point names one: then no call without it counts."""

    def verify(call: Call, secret: str, now: datetime) -> None:
        if not timestamp_header and not call.perhaps(SIGNATURE):
            authorized(call, secret)
            return
        time = call.one(timestamp_header) if timestamp_header else ""
        signed = (time.encode(errors="replace"), b":") if timestamp_header else ()
        if not same(call.one(SIGNATURE), hmac_sha256(secret.encode(), *signed, call.raw).hex()):
            raise Unsigned("It is not signed with this webhook's secret.")
        if timestamp_header:
            in_time(time, now)

    return Kind("Grafana", verify, read)
