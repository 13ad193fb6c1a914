"""From a table that nobody has prepared to a draft of its spec and contract, with what was found of it."""
