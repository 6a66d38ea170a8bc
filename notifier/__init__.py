"""From journal to notice: who must know, in which words, over which channel, and what became of it.

`plan` reads the journal and queues notices, `deliver` sends what is due. Between the two stands the
`notice` table, so that losing a process at any instant loses no notice.
"""
