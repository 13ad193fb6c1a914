"""From specs to what a Prefect server runs: deployments, schedules, automations, and whom to tell."""
