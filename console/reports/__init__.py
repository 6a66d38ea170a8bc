"""Reports: what use cases found, arranged as sheets of values, and written as workbooks, pages, CSV or JSON."""
