"""Quick in-memory datasets in a run."""

from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.io import DataCatalog


class MemoryHook:
    """Has a session use `QuickCatalog` where the project chose no catalog class of its own."""

    @hook_impl
    def after_context_created(self) -> None:
        if settings.DATA_CATALOG_CLASS is DataCatalog:
            from highroad.datasets.memory import QuickCatalog

            settings.set("DATA_CATALOG_CLASS", QuickCatalog)


hook = MemoryHook()
