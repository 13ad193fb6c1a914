"""The past of a model, lived through again: what would other policies have done, and what would it have cost?"""
