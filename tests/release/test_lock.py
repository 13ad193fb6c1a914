import threading
from pathlib import Path

from tasks.release.lock import one_at_a_time


def test_who_comes_second_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with one_at_a_time(tmp_path / "new" / "x.lock"):
            order.append("second")

    with one_at_a_time(tmp_path / "new" / "x.lock"):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]
