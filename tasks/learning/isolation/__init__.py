"""Kind ``isolation_forest``: how easily a row is set apart from all others (Liu, Ting and Zhou 2008)."""
