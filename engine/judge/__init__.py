"""Figure → verdict, severity, sanctions, trace: a screen over all subjects, then each distinct case once."""
