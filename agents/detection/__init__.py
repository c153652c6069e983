"""Pure mathematics of monitoring: what is unusual, what has drifted, what is to come. Arrays and summaries in, plain answers out."""
