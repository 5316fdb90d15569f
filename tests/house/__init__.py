"""The house itself: its layers, its commands, its documents, its dependencies."""
