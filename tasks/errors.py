"""The exceptions that a user can meet.

::

    PerennialError                 one clear line, exit code 2
    ├── SpecError                  a spec cannot be used as written
    ├── SettingsError              the environment asks for something impossible
    ├── ContractError              a contract file cannot be used as written
    ├── SourceError                the source is not there, or cannot be read
    │   └── SourceUnavailable      a server does not answer just now: a flow tries again
    ├── DataRefused                rows were read, and must not be trained on
    │   └── NotEnoughData          too few rows, labels or classes in a window
    ├── CandidateFailed            one kind could not be fitted, or cannot predict: a training goes on with the others
    ├── StoreError                 the object store is not there, or does not let this user in
    │   └── StoreUnavailable       it does not answer just now: a flow tries again
    ├── SnapshotDamaged            a saved file is not what was saved
    ├── ArtifactDamaged            a model's files are not what was registered
    ├── RegistryError              a model or version that the registry does not have
    ├── LedgerError                the ledger's database cannot be used
    ├── DecisionRefused            an approval, rejection or rollback that may not be, with the reason
    ├── ModelBusy                  another process works on this model
    ├── LeaseLost                  another process took the work over
    └── ServerError                a server of ours did not start, or does not answer

Every message says what was found, what is allowed, and where to change it.
"""


class PerennialError(Exception):
    """The root: catch it to catch whatever is the user's to mend."""


class SpecError(PerennialError):
    """A spec cannot be used as written."""


class SettingsError(PerennialError):
    """The environment asks for something impossible."""


class ContractError(PerennialError):
    """A contract file cannot be used as written."""


class SourceError(PerennialError):
    """The source is not there, or cannot be read."""


class SourceUnavailable(SourceError):
    """A server does not answer just now: a flow tries again."""


class DataRefused(PerennialError):
    """Rows were read, and must not be trained on."""


class NotEnoughData(DataRefused):
    """Too few rows, labels or classes in a window."""


class CandidateFailed(PerennialError):
    """One kind could not be fitted to the rows, or cannot predict them: a training goes on with the others."""


class StoreError(PerennialError):
    """The object store is not there, or does not let this user in."""


class StoreUnavailable(StoreError):
    """The object store does not answer just now: a flow tries again."""


class SnapshotDamaged(PerennialError):
    """A saved file is not what was saved."""


class ArtifactDamaged(PerennialError):
    """A model's files are not what was registered."""


class RegistryError(PerennialError):
    """A model or version that the registry does not have."""


class LedgerError(PerennialError):
    """The ledger's database cannot be used."""


class DecisionRefused(PerennialError):
    """An approval, rejection or rollback that may not be, with the reason."""


class ModelBusy(PerennialError):
    """Another process works on this model."""


class LeaseLost(PerennialError):
    """Another process took the work over."""


class ServerError(PerennialError):
    """A server of ours did not start, or does not answer."""
