"""What the platform decided, what we owe by when, and what becomes of a violation until it is closed.

The rooms below reckon; here people act: they record penalties, appeal, waive, and see to duties. Every use case takes
the actor and asks first whether they may.
"""
