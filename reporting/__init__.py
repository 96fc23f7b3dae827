"""The report pack: static pages for the person who takes them into a service review, and the customer who reads them.

Belongs here: reading a finished release, the page model, wording and geometry of what is shown, templates.
Does not belong here: computing a figure (dbt_project), judging one (expectations), writing releases (publishing).
Last in the flow: `pack.write_pack` is called with a finished release database and touches nothing else.
"""
