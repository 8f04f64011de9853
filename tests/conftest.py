"""What a run of the tests begins with; what tests share is in ``fixtures``."""

import gc

import pytest
from hypothesis import settings
from tests import type_checks  # before anything of the package is imported

# The same examples in every run: what Hypothesis does by itself where it finds it is in CI, and nowhere else.
settings.register_profile("same everywhere", derandomize=True, deadline=None)
settings.load_profile("same everywhere")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    # The process that only hands tests out to others need not wait until everything is imported.
    if not config.pluginmanager.hasplugin("dsession"):
        gc.disable()
        config.pluginmanager.import_plugin("tests.fixtures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Files with slow tests come first, lest one of them begins when all others are done.
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    # What was imported and collected stays; to look for garbage in it would take half a second each time.
    gc.freeze()
    gc.enable()


def pytest_runtest_logstart() -> None:
    type_checks.begin_test()
