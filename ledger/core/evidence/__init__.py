"""The portable proof of one document.

In reading order:

============= ============================================
``inclusion`` the position of a declaration in a batch or set
``evidence``  the model, and how it is printed
``reading``   how it is read
``share``     a sealed document that is left at a server, beside the evidence
``link``      the address under which a reader of paper gets it
``payloads``  the decoded content of its entries
``closure``   of which subjects it must show all entries
``renewal``   what a holder sends to get fresh evidence
``assembly``  how it is gathered from a replayed history
``pdf``       how a PDF carries it
============= ============================================
"""
