"""The engine of kaohe: evidence → tallies → figures → verdicts → violations → journal.

Seven rooms, each of which knows only the rooms below it (the order is enforced by import-linter):

assessment  what is due → measure → judge → record, once
judge       figure → verdict, severity, sanctions, trace
measure     tallies → one exact figure per subject and cycle
evidence    what happened: import → lake → daily tallies
ledger      all tables, the one migration history, the journal
rulebook    what a rule says: load, check, version
calendar    which cycle, which assessment day (pure)
"""
