"""Qualtrics' response export: started, asked about, fetched as an archive."""

import io
import json
import zipfile
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS: dict[str, Any] = {
    "token": {"env": "QUALTRICS_TOKEN"},
    "survey": "SV_1",
    "instrument": "it-survey",
    "items": {"QID1": "csat", "QID2": "ces"},
    "columns": {"customer_id": "customer"},
    "since": "2026-03-01T00:00:00Z",
}
SECRETS = {"QUALTRICS_TOKEN": "a-secret-of-qualtrics"}


def response(number: int, **values: Any) -> dict[str, Any]:
    return {
        "responseId": f"R_{number}",
        "values": {
            "endDate": "2026-03-05T10:00:00Z",
            "recordedDate": "2026-03-05T10:00:01Z",
            "status": 0,
            "finished": 1,
            "customer": "acme",
            "QID1": 5,
        }
        | values,
        "labels": {},
    }


class Api:
    def __init__(self) -> None:
        self.responses = [response(1, QID2=6), response(2, QID1=2), response(3, finished=0), response(4, status=1)]
        self.questions = 0

    @property
    def counts(self) -> dict[str, int]:
        return {"responses": len(self.responses)}

    def __call__(self, asked: Asked) -> Answer:
        base = "/API/v3/surveys/SV_1/export-responses"
        if asked.method == "POST":
            self.since, self.questions = asked.body["startDate"], 0
            return Answer({"result": {"progressId": "ES_1", "percentComplete": 0.0, "status": "inProgress"}})
        if asked.path == f"{base}/ES_1":
            self.questions += 1
            is_ready = self.questions > 1
            done = {"status": "complete", "fileId": "F-1"} if is_ready else {"status": "inProgress"}
            return Answer({"result": {"percentComplete": 100.0 if is_ready else 50.0, **done}})
        found = [one for one in self.responses if one["values"]["recordedDate"] >= self.since]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            content = json.dumps({"responses": found})
            zipped.writestr(zipfile.ZipInfo("survey.json"), content, compress_type=zipfile.ZIP_DEFLATED)
        return Answer(archive.getvalue(), headers={"Content-Type": "application/zip"})
