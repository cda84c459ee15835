"""`python -m service.administration.publish_child` with the tests' embedder: `publish_words.py [hang]`."""

from __future__ import annotations

import sys
import time

from index.embedding import Embedder
from service.administration.publish_child import main
from service.administration.publish_messages import Order
from tests.service.collection import WordEmbedder


def load(order: Order) -> Embedder:
    if "hang" in sys.argv:
        time.sleep(3600)
    return WordEmbedder()


sys.exit(main(load))
