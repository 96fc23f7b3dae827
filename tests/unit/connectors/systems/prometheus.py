"""Prometheus' instant query of a range vector: both ends of the window are in it."""

import re
from datetime import datetime
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {
    "selector": 'probe_success{job="blackbox"}',
    "serviceLabel": "service",
    "since": "2026-03-07T05:00:00Z",
    "user": "slm",
    "password": {"env": "PROMETHEUS_PASSWORD"},
}
SECRETS = {"PROMETHEUS_PASSWORD": "a-secret-of-prometheus"}
START = int(datetime.fromisoformat("2026-03-07T06:00:00+00:00").timestamp())
STEP = 3600


class Api:
    """Two services, sampled every hour on the hour for two days; mail is down for three hours of the second day."""

    def __init__(self) -> None:
        self.samples: dict[str, list[tuple[float, str]]] = {
            service: [
                (START + STEP * hour, "0" if service == "mail" and 30 <= hour < 33 else "1") for hour in range(48)
            ]
            for service in ("mail", "web")
        }

    @property
    def counts(self) -> dict[str, int]:
        """Series and days: samples lie in three UTC days, the first sample of a day in the window before."""
        return {"samples": 2 * 3}

    def __call__(self, asked: Asked) -> Answer:
        match = re.fullmatch(r"probe_success\{.*\}\[1d\]", asked.params["query"])
        assert match
        end = datetime.fromisoformat(asked.params["time"]).timestamp()
        result: list[dict[str, Any]] = []
        for service, samples in self.samples.items():
            values = [[at, value] for at, value in samples if end - 86400 <= at <= end]
            if values:
                metric = {"__name__": "probe_success", "job": "blackbox", "service": service}
                result.append({"metric": metric, "values": values})
        return Answer({"status": "success", "data": {"resultType": "matrix", "result": result}})
