"""How a contract follows its data: what fresh rows would change in it, proposed as a patch that a person accepts."""
