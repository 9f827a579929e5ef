"""One self-contained HTML page of facts, tables, logos, heat maps and letter tracks."""
