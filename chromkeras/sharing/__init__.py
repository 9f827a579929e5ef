"""How tasks share layers: plan, builder, groups, transfer and freezing."""
