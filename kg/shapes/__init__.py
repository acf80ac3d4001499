"""SHACL: shapes compiled to set-wise questions to the tables. https://www.w3.org/TR/shacl/."""
