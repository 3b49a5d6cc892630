"""The metrics of rouge-score and scikit-learn on 1,000 pairs: python metrics.py FILE

Needs rouge-score 0.1.2 and scikit-learn 1.9.1. Texts, labels and scores are drawn by the rule below, which
test/evaluation/metrics.test.ts repeats, so FILE (test/fixtures/metrics.json) holds the seed and the figures alone.
"""
import json
import sys

from rouge_score import rouge_scorer
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_absolute_error, mean_squared_error

COUNT, SEED = 1000, 1859
WORDS = (
    "the a an of to in and light lamp Clock clock's harbour HARBOUR gull tide-table 42 3.5 1859 it's don't re-wound "
    "café naïve Straße İstanbul 日本語 K™ _under_ e.g. why? — … «quote» x2 no.7 I i mending keeper winter letter "
    "second's oil"
).split(" ")
LENGTHS = [0, 1, 2, 3, 5, 8, 12, 20, 40]
BETWEEN = [" ", " ", " ", "  ", "\n", " - ", ", "]
LABELS = ["politics", "travel", "food", "science", "sport"]
SCORES = ["1", "2", "3", "4", "5", "4.0", " 2\n", "5 stars", "", "three", "7", "-1", "1e0", ".5"]

state = SEED


def below(n):
    """The high half of a linear congruential step (Numerical Recipes' constants), modulo n."""
    global state
    state = (1664525 * state + 1013904223) % 2**32
    return (state >> 16) % n


def pick(items):
    return items[below(len(items))]


def text():
    length, between = pick(LENGTHS), pick(BETWEEN)
    return between.join(pick(WORDS) for _ in range(length))


def vary(gold):
    chance = below(10)
    if chance == 0:
        return gold
    if chance == 1:
        return text()
    kept = []
    for word in gold.split(" "):
        fate = below(10)
        if fate >= 2:
            kept.append(pick(WORDS) if fate < 5 else word)
    return " ".join(reversed(kept) if below(3) == 0 else kept)


def score(text, gold):
    try:
        return float(text)
    except ValueError:
        return 1.0 if abs(1 - gold) > abs(5 - gold) else 5.0


scorer = rouge_scorer.RougeScorer(["rouge1", "rougeL"], use_stemmer=False)
rouge1, rouge_l = [], []
for _ in range(COUNT):
    gold = text()
    scores = scorer.score(gold, vary(gold))
    rouge1.append(float(scores["rouge1"].fmeasure))
    rouge_l.append(float(scores["rougeL"].fmeasure))

gold, predicted, distributions = [], [], []
for _ in range(COUNT):
    gold.append(LABELS[below(4)])
    predicted.append(pick([gold[-1], *LABELS, "cooking"]))
    weights = [1 + below(50) for _ in LABELS]
    distributions.append([weight / sum(weights) for weight in weights])

stars, texts = [], []
for _ in range(COUNT):
    stars.append(1 + below(5))
    texts.append(pick([str(stars[-1]), *SCORES]))
numbers = [score(written, star) for written, star in zip(texts, stars)]

figures = {
    "count": COUNT,
    "seed": SEED,
    "accuracy": float(accuracy_score(gold, predicted)),
    "macroF1": float(f1_score(gold, predicted, average="macro")),
    "macroF1OfFive": float(f1_score(gold, predicted, labels=LABELS, average="macro", zero_division=0)),
    "logLoss": float(
        log_loss(gold, [[row[LABELS.index(name)] for name in sorted(LABELS)] for row in distributions], labels=sorted(LABELS))
    ),
    "meanAbsoluteError": float(mean_absolute_error(stars, numbers)),
    "rootMeanSquaredError": float(mean_squared_error(stars, numbers) ** 0.5),
    "rouge1": [round(value, 9) for value in rouge1],
    "rougeL": [round(value, 9) for value in rouge_l],
}
with open(sys.argv[1], "w") as out:
    out.write(json.dumps(figures) + "\n")
