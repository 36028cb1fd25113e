"""A virtual clinician: changes plans through the panel's forms, and counts what its pages show."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from edge.browser import Browser, PanelError


class Clinician(Browser):
    """Somebody with a login, in front of the panel at ``address``."""

    def change_plan(self, patient_id: str, row: str, changes: Mapping[str, str]) -> None:
        """Change one row of the patient's plan through the form, give the reason, and sign."""
        typed = {name: value for name, value in changes.items() if name != "reason"}
        draft = self.submit(self.open(f"/patients/{patient_id}/plan/rows/{row}").form_with("reps"), typed)
        page = self.submit(draft.form_with("reason"), {"reason": changes["reason"]})
        if "/plan" in urlsplit(page.url).path:
            raise PanelError(f"the panel did not accept the change of {row}")

    def plan_versions(self, patient_id: str) -> tuple[int, int]:
        """Return the newest plan version written and the one in use, as the patient's page shows them."""
        data = self.open(f"/patients/{patient_id}").data
        return int(data.get("data-plan", ["0"])[0]), int(data.get("data-in-use", ["0"])[0])

    def reps(self, patient_id: str) -> list[str]:
        """Return the name of every repetition row on the pages of the patient's sessions, in page order."""
        page = self.open(f"/patients/{patient_id}")
        sessions = sorted({link for link in page.links if "/sessions/" in link})
        return [name for link in sessions for name in self.open(link).data.get("data-rep", [])]
