"""What whole programs turned out to depend on."""

from casebook import Case, real


def new_axes():
    """An index with None drops the axes behind it that it does not reach, where it can."""
    for flags, expressions in (
        (
            "FT",
            ("x[:, None]", "x[None, :]", "x[None, 1:]", "x[0, None]", "x[None, 0]", "x[..., None]"),
        ),
        ("FTT", ("x[:, None]", "x[0, None]", "x[:, :, None]", "x[None, :, 0]")),
        ("TFT", ("x[:, :, None]", "x[0, None, 1:]")),
        ("T", ("x[None]", "x[None, None]")),
    ):
        shape = [1 if flag == "T" else 3 for flag in flags]
        for expression in expressions:
            yield Case(expression, x=real("float64", *shape).declared(flags))
    # A decoder that makes one step at a time, with a mask that it makes itself.
    yield Case("T.alloc(1.0, x.shape[0], 1)[:, None] * x", x=real("float64", 3, 2))


CASES = [*new_axes()]
