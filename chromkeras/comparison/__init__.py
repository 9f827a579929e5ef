"""Comparison of trained models: predictions, costs, and what they have learned.

A part of the comparison is a folder whose ``part`` module has

- ``ORDER``: its place on the page, a number;
- ``compare_part(comparison)``: from a `chromkeras.comparison.core.comparison.Comparison` to a
  `chromkeras.comparison.core.part.PartResult`;
- ``check_part(comparison)``, if it likes: raises ``InputError`` before any part begins its work;
- ``OPTIONS``, if it likes: names of the options in ``CompareOptions`` that no other part reads;
  they are refused where the part is left out.

A part imports of the comparison only ``core`` and its own folder.

Parts from outside are added by ``chromkeras.registry.COMPARISON_PARTS.register(name, module)``.
"""
