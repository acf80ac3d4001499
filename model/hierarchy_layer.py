"""Answers that cannot break the hierarchy: whoever has a class has all classes above it.

    y_B = max( x_B, x_A for all A below B )

the max-constraint module of Giunchiglia and Lukasiewicz 2020, arXiv:2010.10151, section 3. They
expand batch x classes x classes numbers. Here the classes are taken level by level from the leaves,
each the greater of two, so that time and memory grow with the edges alone. The gradient of y_B goes
to the class that is greatest.

Training wants that class to be a right one (ibid., section 3.2): for a text that has B, the
greatest among the classes below B that the text has too; for a text that has not, among all.
"""

import heapq
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64
from torch import Tensor, nn

from kg.closure import condense
from kg.csr import csr_of_pairs


class HierarchyLayer(nn.Module):
    """The greatest of a class and of what lies below it.

    Args:
        child, parent: `child[i]` is a `parent[i]`; numbers of classes. Classes in a cycle are the
            same class, and get the same value.
        count: of classes.
    """

    def __init__(
        self,
        child: Int64[np.ndarray, " edge"],
        parent: Int64[np.ndarray, " edge"],
        count: int,
    ) -> None:
        super().__init__()
        plan = _Plan(child, parent, count)
        self._steps = [tuple(map(torch.from_numpy, step)) for step in plan.steps]
        self._out = torch.from_numpy(plan.out)
        self._rows = plan.rows
        self.count = count

    def forward(self, x: Float[Tensor, "text class"]) -> Float[Tensor, "text class"]:
        """Values that no edge of the hierarchy is broken by.

        Args:
            x: scores or probabilities.
        """
        greatest: Tensor = _Greatest.apply(x, self._steps, self._out, self._rows)  # type: ignore[no-untyped-call]
        return greatest

    def loss(
        self, x: Float[Tensor, "text class"], right: Bool[Tensor, "text class"]
    ) -> Float[Tensor, ""]:
        """Cross-entropy of the closed answers, mean over texts and classes (MCLoss, eq. 3).

        Args:
            x: probabilities, before this layer.
            right: the classes of each text, closed upwards.
        """
        among_right = self(x * right)
        among_all = self(x)
        likely = torch.where(right, among_right, 1 - among_all)
        return -likely.clamp_min(1e-7).log().mean()


class _Plan:
    """Which rows are the greater of which two, in the order in which they can be computed.

    Rows 0 to count - 1 are the classes' own values.

    Attributes:
        steps: for each level its first row (one number), and the two rows of each of its rows.
        out: the row that holds the value of each class.
        rows: how many there are.
    """

    def __init__(
        self,
        child: Int64[np.ndarray, " edge"],
        parent: Int64[np.ndarray, " edge"],
        count: int,
    ) -> None:
        condensed = condense(csr_of_pairs(child, parent, count))
        inputs: dict[int, list[int]] = {}
        for row, node in enumerate(condensed.node.tolist()):
            inputs.setdefault(node, []).append(row)
        # (level, row) of what each node may take its value from; children before parents
        waiting: dict[int, list[tuple[int, int]]] = {
            node: [(0, row) for row in rows] for node, rows in inputs.items()
        }
        pairs: list[tuple[int, int, int]] = []  # level, first, second; its row is count + place
        final: dict[int, int] = {}
        for level in reversed(condensed.levels):
            for node in level.tolist():
                heap = waiting[node]
                heapq.heapify(heap)
                while len(heap) > 1:
                    (low, first), (high, second) = heapq.heappop(heap), heapq.heappop(heap)
                    made = (max(low, high) + 1, count + len(pairs))
                    pairs.append((made[0], first, second))
                    heapq.heappush(heap, made)
                final[node] = heap[0][1]
                for above in condensed.up.of(node).tolist():
                    waiting[above].append(heap[0])
        self._number(pairs, count)
        self.rows = count + len(pairs)
        self.out = self._new[[final[node] for node in condensed.node.tolist()]]

    def _number(self, pairs: list[tuple[int, int, int]], count: int) -> None:
        """Give the rows of a level consecutive numbers."""
        table = np.array(pairs, dtype=np.int64).reshape(-1, 3)
        order = np.argsort(table[:, 0], kind="stable")
        self._new = np.arange(count + len(pairs), dtype=np.int64)
        self._new[count + order] = count + np.arange(len(pairs))
        ordered = table[order]
        bounds = np.searchsorted(ordered[:, 0], np.arange(1, table[:, 0].max(initial=0) + 2))
        self.steps = [
            (np.array([count + start]), *self._new[ordered[start:end, 1:].T])
            for start, end in pairwise(bounds.tolist())
        ]


class _Greatest(torch.autograd.Function):
    """The greater of two rows, level by level; a gradient goes to where its value came from."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, steps: list[tuple[Tensor, ...]], out: Tensor, rows: int
    ) -> Tensor:
        texts, classes = x.shape
        values = x.new_empty(rows, texts)
        values[:classes] = x.T
        origin = torch.empty(rows, texts, dtype=torch.int32)
        origin[:classes] = torch.arange(classes, dtype=torch.int32)[:, None]
        for start, first, second in steps:
            own = slice(int(start), int(start) + len(first))
            left, right = values[first], values[second]
            kept = left >= right
            torch.where(kept, left, right, out=values[own])
            torch.where(kept, origin[first], origin[second], out=origin[own])
        ctx.save_for_backward(origin[out])
        ctx.classes = classes
        return values[out].T

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (origin,) = ctx.saved_tensors
        grad = grads[0].T
        back = torch.zeros_like(grad, memory_format=torch.contiguous_format)
        back.scatter_add_(0, origin.to(torch.int64), grad.contiguous())
        return back.T, None, None, None


class DisjointLayer:
    """Answers in which no two disjoint classes are both given, after the hierarchy layer.

    Of two disjoint classes that both reach the threshold, the less probable and all below it are
    put under the threshold. What was below a class stays below it, so no edge of the hierarchy
    breaks.

    Args:
        first, second: disjoint pairs; numbers of classes.
        below: for each class itself and what is below it.
        threshold: from which an answer is given.
    """

    def __init__(
        self,
        first: Int[Tensor, " pair"],
        second: Int[Tensor, " pair"],
        below: Sequence[Int64[np.ndarray, " _"]],
        threshold: float,
    ) -> None:
        self._pairs = list(zip(first.tolist(), second.tolist(), strict=True))
        self._below = [torch.from_numpy(rows) for rows in below]
        self._threshold = threshold

    @torch.inference_mode()
    def __call__(self, y: Float[Tensor, "text class"]) -> Float[Tensor, "text class"]:
        """The values, some of them lowered."""
        y = y.clone()
        under = float(np.nextafter(np.float32(self._threshold), np.float32(0)))
        for first, second in self._pairs:
            both = torch.nonzero(
                (y[:, first] >= self._threshold) & (y[:, second] >= self._threshold)
            ).ravel()
            for text in both.tolist():
                loser = second if y[text, first] >= y[text, second] else first
                rows = self._below[loser]
                y[text, rows] = y[text, rows].clamp_max(under)
        return y
