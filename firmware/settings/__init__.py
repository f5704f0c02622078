"""The settings of a unit: one TOML file, validated, every mistake reported at once."""
