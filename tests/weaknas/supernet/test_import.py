import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["torch", "safetensors", "PIL"])
def test_without_its_extra_one_sentence_says_what_to_install(module):
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "import weaknas\n"
        "try:\n"
        "    import weaknas.supernet\n"
        "except weaknas.errors.WeaknasError as error:\n"
        f"    assert error.name == {module!r}\n"
        "    raise\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert (
        last == f"weaknas.errors.MissingExtra: weaknas.supernet needs {module}; run: pip install 'weaknas[supernet]'."
    )
