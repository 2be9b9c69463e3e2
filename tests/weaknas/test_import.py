import json
import subprocess
import sys

HEAVY = {"torch", "xgboost", "matplotlib", "optuna", "sklearn", "pandas", "scipy.stats", "pyarrow", "rich", "typer"}


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(out.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy():
    assert not loaded_after("import weaknas") & HEAVY


def test_listing_names_imports_nothing_heavy():
    modules = loaded_after(
        "import weaknas; weaknas.names('predictors'); weaknas.names('benchmarks'); weaknas.names('spaces')"
    )
    assert not modules & HEAVY
    assert not any(m.startswith("weaknas_predictors") for m in modules)


def test_searching_a_table_needs_no_torch_nor_matplotlib(tmp_path):
    code = (
        "import weaknas, pandas as pd\n"
        "from weaknas.spaces import Choices\n"
        "from weaknas_benchmarks.table import Table\n"
        "space = Choices({'a': range(5), 'b': range(5)})\n"
        "rows = space.enumerate()\n"
        "bench = Table.from_frame(pd.DataFrame({'arch': space.to_str(rows), 'valid_acc': rows.sum(1)}), space)\n"
        "weaknas.search(bench, weaknas.strategy('weaknas', bench.space, initial=5, batch=5), 15)\n"
    )
    assert not loaded_after(code) & {"torch", "matplotlib", "optuna", "xgboost"}
