"""What every room stands on: words, errors, files, devices, progress."""
