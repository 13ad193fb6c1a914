"""Text that is data, as text: names of columns, values of slices and what is said of them may hold anything."""


def one_line(text: str) -> str:
    """Return ``text`` without breaks and without what would steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def escape(text: str) -> str:
    """Return ``text`` for a page in Markdown, in which it is neither HTML nor a link."""
    return one_line(text).replace("\\", "\\\\").replace("<", "&lt;").replace("](", "]\\(")


def cell(text: str) -> str:
    """Return ``text`` for a cell of a table."""
    return escape(text).replace("|", "\\|")
