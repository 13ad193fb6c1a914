"""What each step does: plain functions in rooms; only ``steps/`` knows Prefect."""
