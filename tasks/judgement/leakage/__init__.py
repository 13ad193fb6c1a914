"""Does the model know what it could not know when it predicts? Or its judge what he should not?"""
