"""What leaves a training: the artifact, its registration, and who may train when."""
