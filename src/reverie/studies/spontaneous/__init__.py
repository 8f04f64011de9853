"""Activity without a stimulus: does it hold a picture, or replay a clip that was shown before?"""
