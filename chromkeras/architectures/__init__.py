"""Architectures, one a file; none of them knows how tasks share its layers.

A module has

- ``Options``: a frozen dataclass, a subclass of `chromkeras.architectures.options.Options`;
- ``INPUTS``: names of the inputs, in order;
- ``FEATURES``, where there are any: names of those inputs that are vectors, without positions;
- ``ALONG_DNA``, where there are any: names of those beside the DNA with one position a base;
- ``PUBLICATION`` (`chromkeras.architectures.publication.Publication`) and ``LENGTH``: the paper,
  and how many bases of DNA its model reads;
- ``inputs(options)``, where they depend on the options: names of the inputs that are read;
- ``SIZES``: named sets of recipe values, by "section.key"; "small" is for laptops;
- ``build(options, inputs, lay)``: from the inputs by name to what ``lay.outputs`` returns, with
  layers that it asks ``lay`` for. ``lay`` numbers them and lays each as shared, grouped, soft or
  own by the sharing plan (`chromkeras.sharing.outline.Outline` lists what it offers).
"""
