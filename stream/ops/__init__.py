"""Tools of operators: doctor, schemas, the standing of alerts."""
