import weaknas


def test_listing_is_one_bare_name_on_a_line(cli):
    code, out, _ = cli("list", "predictors", "x*")
    assert (code, out) == (0, "xgboost\n")
    _, out, _ = cli("list", "benchmarks", "nasbench201/*")
    assert out.splitlines() == weaknas.names("benchmarks", "nasbench201/*")
    _, out, _ = cli("list", "schemes", "*nas")
    assert out.splitlines() == ["attentivenas", "bignas", "bn-nas", "entrannas", "fairnas", "fp-nas", "pi-nas"]
    _, out, _ = cli("list", "strategies", "nothing*")
    assert out == ""


def test_an_unknown_kind_is_refused(cli):
    code, _, err = cli("list", "things")
    assert code == 2
    assert "things" in err
