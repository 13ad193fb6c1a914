"""What is wrong, if anything is: signals and rows become a diagnosis with reasons."""

from tasks.monitoring.triage.case import Case, Checked, Columns, Counts
from tasks.monitoring.triage.diagnosis import Action, Diagnosis, Finding, Trouble
from tasks.monitoring.triage.table import triage

__all__ = ["Action", "Case", "Checked", "Columns", "Counts", "Diagnosis", "Finding", "Trouble", "triage"]
