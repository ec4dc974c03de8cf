"""The claims of data/claims, decided from their results files. scripts/decide_claims.sh runs all of it.

    rules.py    how a number decides: rules, intervals, and what becomes of the evidence
    table.py    the claims, their criteria with thresholds, and the verdict that theory predicts
    cNN.py      a claim: reads its results, applies the criteria, draws, explains
    schema.py   what verdicts.json and the figures look like
    data.py     networks of a results file
    decide.py   the command
"""
