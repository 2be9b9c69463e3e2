"""Tables in the terms of another space, so that they can be a prior there: what corresponds to what is for you to say.

weaknas search ofa/imagenet-r224 --prior docs/examples/translated.py:ofa_at_224
weaknas search hwgpt/l --prior docs/examples/translated.py:hwgpt_m_as_l
"""

import pandas as pd

import weaknas
from weaknas_benchmarks.table import Table


def ofa_at_224():
    """The networks of `ofa/imagenet` measured at 160 pixels, as if at 224."""
    source = weaknas.benchmark("ofa/imagenet")
    texts = source.space.to_str(source.space.rows)
    values = source.report(source.space.rows).valid
    frame = pd.DataFrame({"arch": texts, "valid_acc": values})
    frame = frame[frame["arch"].str.startswith("r160;")]
    frame["arch"] = frame["arch"].str.replace("r160;", "r224;", regex=False)
    space = weaknas.benchmark("ofa/imagenet-r224").space.whole
    return Table.from_frame(frame.reset_index(drop=True), space, name="ofa/imagenet at 160")


def hwgpt_m_as_l():
    """The networks of `hwgpt/m`, stretched: a choice takes the option of the same position, of 36 layers two in three.

    Layer i of l takes what layer 2 i / 3 of m has, rounded down.
    """
    source, target = weaknas.benchmark("hwgpt/m"), weaknas.benchmark("hwgpt/l")
    names = [choice.name for choice in source.space.choices]
    taken = [names.index(_of_m(choice.name)) for choice in target.space.choices]
    whole = target.space.whole
    rows = whole.canonical(whole.as_batch(source.space.rows[:, taken]))
    frame = pd.DataFrame({"arch": whole.to_str(rows), "perplexity": source.report(source.space.rows).valid})
    frame = frame.groupby("arch", as_index=False, sort=False).mean()
    return Table.from_frame(frame, whole, name="hwgpt/m, stretched", metrics=[source.metric])


def _of_m(name):
    """Return the choice of m that one of l takes its option from: `heads_35` takes that of `heads_23`."""
    kind, _, layer = name.rpartition("_")
    return f"{kind}_{int(layer) * 2 // 3}" if layer.isdigit() else name
