"""Counting instead of timing: operators that run and bytes that live, the same on every machine and every day."""

import weakref
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Counts, while it is entered, each operator by name and the bytes of tensors made meanwhile that live at once.

    operators: how often each ran. peak: the most bytes that lived at once; those that were there before do not count.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operators: Counter[str] = Counter()
        self.live, self.peak = 0, 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(
        self,
        function: Any,  # noqa: ANN401 - torch's own
        types: Any,  # noqa: ANN401
        arguments: tuple[Any, ...] = (),
        options: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run the operator, and look at what it made."""
        self.operators[function.overloadpacket.__name__] += 1
        given = {each.untyped_storage().data_ptr() for each in tree_leaves((arguments, options)) if _is_real(each)}
        made = function(*arguments, **(options or {}))
        for each in tree_leaves(made):
            if _is_real(each) and each.untyped_storage().data_ptr() not in given:
                self._watch(each.untyped_storage())
        return made

    def _watch(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._forget, size)

    def _forget(self, size: int) -> None:
        self.live -= size


def _is_real(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout == torch.strided and value.device.type != "meta"
