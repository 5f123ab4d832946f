"""The candidates, one file each.

calls() and callbacks() give {candidate: {row: (expression, names)}}.
"""
from benchmarks import building
from benchmarks.timing import Candidate


def fill(rows, peers, method, notice, operations=None):
    """Put every peer's candidates into the rows; `notice` hears of each peer that is missing."""
    for peer in peers:
        try:
            ways = getattr(peer, method)()
        except building.Missing as error:
            notice(f"{peer.NAME} skipped: {error}")
            continue
        for name, way in ways.items():
            for key, (expression, names) in way.items():
                count = (operations or {}).get(key, 1)
                rows[key].candidates.append(Candidate(name, expression, names, count))
    return rows
