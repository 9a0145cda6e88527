"""Agent Tray: sees every coding agent on this machine and lets a person answer it where it asks.

The map. Arrows of import point down only; ``import-linter`` enforces the floors (see ``pyproject.toml``).

``app``            composition root, command line, threads' one door (``app.inbox``)
``tray windows``   draw a ``domain.board.Board``, send ``domain.replies`` intents; know the domain alone
``hub``            the single writer: events and intents in, effects out
``agents``         one file per kind of agent: bytes in, events out
``watchers``       transcripts, live-state files, processes, hook calls, agents' own servers
``channels``       how a reply reaches an agent
``notifications``  how a person is told
``storage``        settings, ledger, paths, hook set-up
``policy metrics`` pure judgements and sums
``formats``        shared shapes and the one ``clean()`` for hostile text
``domain``         the words of the whole: sessions, requests, events, replies, phases
``relay``          the hook program itself: stands alone, imports nothing of the above
"""
