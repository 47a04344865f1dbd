"""Parts of torch and torchmetrics that Lightning imports and most trainings never use, imported at their first use.

Lightning takes four classes from torchmetrics, whose package imports all metrics with them, and so matplotlib, scipy's
signal processing and torchvision's models. Lightning asks whether a model is compiled, and optimizers keep themselves
from being compiled, for which torch imports its compiler. Together they are most of the time that starting takes.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"
METRICS = "torchmetrics"
PLOTS = "torchmetrics.utilities.plot"


class DeferredPackage(ModuleType):
    """A package whose ``__init__`` runs when a name is wanted that is not among :data:`EARLY`."""

    def __getattr__(self, name: str) -> Any:
        early = EARLY[self.__name__]
        if name in early:
            return early[name]()
        load(self)
        return getattr(self, name)


def load(package: ModuleType) -> None:
    """Run the ``__init__`` of a deferred package, unless that was done."""
    if isinstance(package, DeferredPackage):
        package.__class__ = ModuleType  # type: ignore[assignment]
        _execute(package)
        while package.__name__ == COMPILER and _when_loaded:
            _when_loaded.pop()(package)


def _execute(module: ModuleType) -> None:
    loader = module.__spec__ and module.__spec__.loader
    assert isinstance(loader, DeferringLoader)
    loader.loader.exec_module(module)


def _base_class(module: str, name: str) -> Callable[[], Any]:
    def find() -> Any:
        import_module("torchmetrics.utilities")  # before torchmetrics.metric, with which it forms a circle
        return getattr(import_module(module), name)

    return find


class _KnowsCompiled(type):
    def __instancecheck__(cls, instance: object) -> bool:
        compiler = sys.modules[COMPILER]
        return not isinstance(compiler, DeferredPackage) and isinstance(instance, compiler.OptimizedModule)


class OptimizedModule(metaclass=_KnowsCompiled):
    """In place of the compiler's class of this name: has its instances, and none before the compiler is loaded."""


_when_loaded: list[Callable[[Any], object]] = []
"""What is to be done with the compiler when it is loaded."""


def _disable(function: Callable[..., Any], *options: Any, **more_options: Any) -> Callable[..., Any]:
    """Keep a function from being compiled: itself, while nothing is; torch asks anew once the compiler is loaded."""
    _when_loaded.append(lambda _: vars(function).pop("__dynamo_disable", None))  # where torch keeps the answer
    return function


def _allow_in_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function be compiled as it stands."""
    _when_loaded.append(lambda compiler: compiler.allow_in_graph(function))
    return function


def _graph_break(message: str = "") -> None:
    """Divide what is being compiled: nothing."""


EARLY: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    COMPILER: {
        "OptimizedModule": lambda: OptimizedModule,
        "allow_in_graph": lambda: _allow_in_graph,
        "disable": lambda: _disable,
        "graph_break": lambda: _graph_break,
    },
    METRICS: {
        "__version__": _base_class("torchmetrics.__about__", "__version__"),
        "MeanMetric": _base_class("torchmetrics.aggregation", "MeanMetric"),
        "Metric": _base_class("torchmetrics.metric", "Metric"),
        "MetricCollection": _base_class("torchmetrics.collections", "MetricCollection"),
        "_logger": lambda: logging.getLogger("torchmetrics"),
    },
}
"""Names that are known before a package's ``__init__`` has run, and how each is found."""


class DeferringLoader(Loader):
    """Loads as much of a module as must be.

    Args:
        loader: Python's own, for the same file.
    """

    def __init__(self, loader: Loader):
        self.loader = loader

    def exec_module(self, module: ModuleType) -> None:
        """Leave a package for later, and run the module that plots metrics as if there were no matplotlib."""
        if module.__name__ in EARLY:
            module.__class__ = DeferredPackage
            return
        imports: Any = import_module("torchmetrics.utilities.imports")
        available = imports._MATPLOTLIB_AVAILABLE
        imports._MATPLOTLIB_AVAILABLE = False
        try:
            self.loader.exec_module(module)
        finally:
            imports._MATPLOTLIB_AVAILABLE = available
        vars(module)["_error_on_missing_matplotlib"] = lambda: self.loader.exec_module(module)  # first, when one plots


class DeferredModules(MetaPathFinder):
    """Finds the modules that are deferred where they are, with a loader that does not run all of them yet."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of such a module; None for any other."""
        if fullname.startswith(f"{COMPILER}.") and COMPILER in sys.modules:
            load(sys.modules[COMPILER])  # whose parts rely on its __init__
        spec = PathFinder.find_spec(fullname, path, target) if fullname in (*EARLY, PLOTS) else None
        if spec is not None and spec.loader is not None:
            spec.loader = DeferringLoader(spec.loader)
        return spec


def defer_unused_modules() -> None:
    """Let torch's compiler and all but the base classes of torchmetrics be imported at their first use.

    To be called before Lightning is imported; what is imported already stays as it is.
    """
    if not any(isinstance(finder, DeferredModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, DeferredModules())
