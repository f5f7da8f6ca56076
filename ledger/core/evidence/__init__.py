"""The portable proof of one document.

In reading order:

============= ============================================
``inclusion`` where a declaration stands in a batch or set
``evidence``  the model, and how it is printed
``reading``   how it is read
``payloads``  what its entries say
``assembly``  gathering it from a replayed history
``pdf``       carrying it inside a PDF
============= ============================================
"""
