"""The gallery of papers: published results reproduced, with the paper's number beside ours.

    scripts/reproduce_papers.sh [--only NAME]...

One module is one paper: its description PAPER, the numbers rows(results) and the figure draw(results). Its sweeps are
data/papers/NAME.yaml and NAME-PART.yaml. The modules beside those:

    paper.py      what a module of a paper is made of
    page.py       docs/papers.md from the numbers of all papers
    reproduce.py  the command line
    quantities.py quantities that several papers look at
    boxes.py      the box dimension of a boundary
"""
