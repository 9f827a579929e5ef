"""The DeepLIFT rule of every call of a model, and of the calls that a layer is made of.

What has no rule of its own is opened (`chrominterpret.engine.opening`), and its parts get theirs.
So a rule is chosen, and pairs are carried, through layers in layers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras import tree

from chrominterpret.engine.graph import Step, run_graph, symbolic_arguments, values_inside
from chrominterpret.engine.opening import Opened, opened_call, opened_cell, opened_inside
from chrominterpret.engine.recurrent import bound, position_wise, recurrent
from chrominterpret.engine.rules import INSIDE, apply_rule, is_all_of_keras, prepare_call, rule_of
from chrominterpret.engine.secant import Call
from chrominterpret.errors import InputError


@dataclass(frozen=True)
class Mark:
    """Stands for a tensor while rules are chosen; see `chrominterpret.engine.secant.Pair`."""

    active: bool
    depends: bool = False


class Chain:
    """Rules of the calls of one model.

    Parameters
    ----------
    integrate
        Whether to use the ``"integrated"`` rule where no other fits, instead of an error.
    length
        Length taken for axes of unknown length.
    trusted
        Whether the calls are those inside a layer of Keras, whose conditions are only masks.
    enclosed
        Whether the calls are inside a layer that can be integrated as a whole. A call whose
        condition depends on the input is then left to that: alone, it would be integrated with the
        condition of the reference.

    Attributes
    ----------
    held
        Numbers that the tensors inside opened layers hold for one row, as far as rules were chosen.
    """

    def __init__(
        self,
        *,
        integrate: bool = False,
        length: int = 1,
        trusted: bool = False,
        enclosed: bool = False,
    ) -> None:
        self.integrate, self.length, self.held = integrate, length, 0
        self.trusted, self.enclosed = trusted, enclosed
        self._opened: dict[tuple[int, ...], Opened | None] = {}

    def choose(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the rule for a call, given which of its arguments are active.

        Raises
        ------
        InputError
            If no rule fits, naming the layer and its class, and what in it has none.
        """
        call = prepare_call(step, args, kwargs)
        rule, reason = rule_of(step, call, trusted=self.trusted), ""
        if rule in (None, *INSIDE):
            rule, reason = self._inside(rule or "opened", step, call)
        integrable = self.integrate and not (self.enclosed and call.depends())
        if rule is None and not integrable:
            raise InputError(
                f"expected layers with a DeepLIFT rule, received {step} with "
                f"{len(call.active())} active input(s){reason}; declare one with register_rule, or "
                "integrate it with integrate=True"
            )
        return rule or "integrated"

    def marked(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Mark]:
        """Choose the rule for a call of marks, and return those of its outputs."""
        self.choose(step, args, kwargs)
        return self.marks(step, args, kwargs)

    def marks(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Mark]:
        """Return the marks of a call's outputs."""
        call = prepare_call(step, args, kwargs)
        active, depends = bool(call.active()), call.depends()
        discrete = [i in step.discrete for i in range(step.n_outputs)]
        return [Mark(active and not d, depends or (active and d)) for d in discrete]

    def carry(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry pairs through a call by the rule that fits."""
        return self.apply(self.choose(step, args, kwargs), step, args, kwargs)

    def apply(self, rule: str, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry pairs through a call by a rule that `choose` gave."""
        opened = self._open(rule, step) if rule in INSIDE else None
        if opened is None:
            return apply_rule(rule, step, prepare_call(step, args, kwargs))

        def carry(pairs: Sequence[Any]) -> list[Any]:
            # By a chain of its own, as the body of a loop may be traced more than once.
            return run_graph(opened.graph, pairs, self._within(step).carry, path=step.path)

        leaves = tree.flatten((args, kwargs))
        if rule == "opened":
            return carry([leaves[i] for i in opened.places])
        if rule == "recurrent":
            return recurrent(step.operation, args, kwargs, carry, opened.output_shape)
        (sequence,) = (leaf for leaf in leaves if hasattr(leaf, "x"))
        return position_wise(sequence, carry)

    def _inside(self, rule: str, step: Step, call: Call) -> tuple[str | None, str]:
        """Return a rule that opens a layer where all in it has one, or None and what has not."""
        opened = self._open(rule, step)
        if opened is None:
            return None, ""
        inside, leaves = self._within(step), call.leaves()
        given = [leaves[i] for i in opened.places] if rule == "opened" else None
        marks = given or [Mark(active=True)] * len(opened.graph.inputs)
        try:
            run_graph(opened.graph, marks, inside.marked, path=step.path)
        except InputError as error:
            return None, f": inside it, {str(error).partition('received ')[2].partition(';')[0]}"
        times = 1 if rule == "opened" else _sequences(step).shape[1] or self.length
        self.held += times * (values_inside(opened.graph, self.length) + inside.held)
        return rule, ""

    def _within(self, step: Step) -> "Chain":
        return Chain(
            integrate=self.integrate,
            length=self.length,
            trusted=is_all_of_keras(step.operation),
            enclosed=True,
        )

    def _open(self, rule: str, step: Step) -> Opened | None:
        if step.path not in self._opened:
            self._opened[step.path] = _OPEN[rule](step)
        return self._opened[step.path]


def _cell(step: Step) -> Opened | None:
    symbolic = symbolic_arguments(step)
    return symbolic and opened_cell(step.operation, _sequences(step))


def _one_position(step: Step) -> Opened | None:
    args, kwargs = symbolic_arguments(step) or ((), {})
    if bound(step.operation, args, kwargs).get("mask") is not None:
        return None
    return opened_inside(step.operation.layer, _sequences(step))


_OPEN = {"opened": opened_call, "recurrent": _cell, "position_wise": _one_position}


def _sequences(step: Step) -> Any:
    args, kwargs = symbolic_arguments(step) or ((), {})
    return next(leaf for leaf in tree.flatten((args, kwargs)) if hasattr(leaf, "shape"))
