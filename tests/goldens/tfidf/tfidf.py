# Writes tfidf.json beside itself: scikit-learn's TfidfVectorizer on awkward texts.
import json, pathlib, sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

texts = [
    "The card, the CARD and my card!",
    "Größe zählt: die Größe der Bank, naïve café_au_lait x 42 4",
    "money transfer to my bank account failed",
    "Why did my transfer fail? It's a transfer...",
    "",
    "a b c ! ?",
    "ΟΔΟΣ οδος İstanbul ½ 10² 漢字漢字 e\u0301t\u00e9 don't",
    "bank account bank account bank",
]
new = ["my bank ate the card", "nothing known here", "transfer transfer money", "ΟΔΟΣ Größe"]
cases = []
for options in [{}, {"ngram_range": (1, 2)}, {"min_df": 2}, {"max_features": 3}, {"stop_words": ["the", "my", "to", "and"]}, {"ngram_range": (2, 3), "stop_words": ["my"]}]:
    vectorizer = TfidfVectorizer(**options)
    fitted = vectorizer.fit_transform(texts)
    other = vectorizer.transform(new)
    matrix = lambda m: {"shape": m.shape, "indptr": m.indptr.tolist(), "indices": m.indices.tolist(), "values": m.data.tolist()}
    for m in (fitted, other):
        m.sort_indices()
    cases.append({"options": options, "terms": vectorizer.get_feature_names_out().tolist(), "idf": vectorizer.idf_.tolist(), "fitted": matrix(fitted), "new": matrix(other)})
path = pathlib.Path(__file__).with_name("tfidf.json")
path.write_text(json.dumps({"sklearn": sklearn.__version__, "texts": texts, "new": new, "cases": cases}, ensure_ascii=False) + "\n")
