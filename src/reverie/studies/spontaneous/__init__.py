"""Activity without a stimulus: does it speak of a picture, or of a clip that was shown before?"""
