"""What a fit needs of the machine: torch, and a GPU where the spec asks for one."""

from importlib.util import find_spec

from tasks.errors import SpecError
from tasks.spec import NetworkSpec


def require(candidate: NetworkSpec) -> None:
    """Raise a SpecError if ``candidate`` cannot be fitted on this machine."""
    if not find_spec("torch"):
        raise SpecError("kind = \"network\" needs torch, which is not installed: pip install 'perennial[torch]'")
    if candidate.device == "gpu" and not has_gpu():
        raise SpecError('device = "gpu", and torch finds none on this machine; allowed here: "auto" or "cpu"')


def has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def prepare(candidate: NetworkSpec) -> str:
    """Set torch up for bits that do not depend on chance, and return the device that ``candidate`` is fitted on.

    On a CPU it has one thread, for as long as the process lives: how a sum is parted among threads changes its last
    bits, and for layers of this size more threads take longer. Nothing else here uses torch.
    """
    require(candidate)
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # nothing here reads what it has not written
    return "cuda" if candidate.device != "cpu" and has_gpu() else "cpu"
