"""Published tables that need nothing of their own: HW-GPT-Bench, Accel-NASBench, FCNet, EC-NAS.

What they are is in their cards (`weaknas data info hwgpt/m`); the options are those of `Table`.
"""

from functools import partial

from .finder import open_table

__all__ = ["accel", "ecnas", "fcnet_naval", "fcnet_parkinsons", "fcnet_protein", "fcnet_slice", "hwgpt_l", "hwgpt_m"]

hwgpt_m = partial(open_table, "hwgpt-m.parquet", "hwgpt/m")
hwgpt_l = partial(open_table, "hwgpt-l.parquet", "hwgpt/l")
accel = partial(open_table, "accel-nasbench.parquet", "accel-nasbench")
ecnas = partial(open_table, "ecnas-4v-cifar10.parquet", "ecnas/4v")
fcnet_naval = partial(open_table, "fcnet-naval-propulsion.parquet", "fcnet/naval-propulsion")
fcnet_parkinsons = partial(open_table, "fcnet-parkinsons-telemonitoring.parquet", "fcnet/parkinsons-telemonitoring")
fcnet_protein = partial(open_table, "fcnet-protein-structure.parquet", "fcnet/protein-structure")
fcnet_slice = partial(open_table, "fcnet-slice-localization.parquet", "fcnet/slice-localization")
