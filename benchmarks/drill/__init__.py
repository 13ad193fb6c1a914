"""``make drill-promotion``: kill decisions wherever they can be killed, and see what was lost or doubled."""
