"""`minsheng doctor`: looks at a real installation and says what will not work, why, and how to mend it.

A check is a small function that yields findings; `registry.py` lists them in the order in which things depend on each
other. What a finding is called for people, how bad it is and what mends it stands in catalog/doctor.yml.
"""
