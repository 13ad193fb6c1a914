"""What each step does: plain functions in rooms; only ``steps.py`` knows Prefect."""
