from tests.store.fixtures import open_directory

__all__ = ["open_directory"]
