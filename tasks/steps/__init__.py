"""Each step of a flow as a Prefect task: load references → call a plain function → save → return references.

Of ``tasks`` only this package and ``announcement`` know Prefect. No frame is ever an argument or a result of a task,
and no task hashes its arguments (``NO_CACHE``): what a step has done already is known by content, not by Prefect.
"""
