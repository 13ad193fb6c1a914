"""What the gate promises, measured: seeded simulations, and trainings on real flights."""
