"""Kind ``own``: a class of the user's, from one file that the model carries with it."""
