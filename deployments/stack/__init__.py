"""One machine's stack: Prefect's server, MLflow's pages, our deployments and a worker, supervised."""
