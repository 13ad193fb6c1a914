"""Is trouble found, called by its name, and is it quiet where there is none?"""
