"""What people read of a version that awaits them."""

from tasks.announcement import proposal_page
from tasks.release.ledger.version_records import Evidence, Places, Proposed

EVIL = "Better: <script>alert(1)</script> is worse; [here](https://evil.example)"


def test_what_is_said_of_a_version_is_text_on_its_page() -> None:
    evidence, where = Evidence("a", "b", "c", "d", "e"), Places("rows", "artifact", "files")
    page = proposal_page("returns", Proposed(2, EVIL, evidence, None, where, None, 1))

    assert "&lt;script>alert(1)&lt;/script> is worse" in page
    assert "<script" not in page
    assert "](https://evil" not in page
