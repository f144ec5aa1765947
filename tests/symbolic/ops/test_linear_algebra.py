"""Linear algebra: what is refused and how, state after an error, and answers beyond Theano's."""

import pickle

import jax
import numpy as np
import pytest
from jax.experimental import checkify
from numpy.linalg import LinAlgError

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.sandbox import linalg as hinted
from jaxlearn.theano.tensor import nlinalg, slinalg

EYE = np.eye(2)
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
INDEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])
NOT_FINITE = np.array([[1.0, 0.0], [np.nan, 1.0]])
ZERO_ON_DIAGONAL = np.array([[1.0, 2.0], [2.0, 0.0]])
SQUARE = np.array([[4.0, 1.0, 0.5], [-1.0, 3.0, 0.25], [0.5, -0.75, 2.5]])

FAILING = {
    "inverse": (
        nlinalg.matrix_inverse,
        SINGULAR,
        "Singular matrix: MatrixInverse got matrix; pinv",
    ),
    "power": (lambda x: nlinalg.matrix_power(x, -1), SINGULAR, "Singular matrix: MatrixInverse"),
    "tensorinv": (lambda x: nlinalg.tensorinv(x, 1), SINGULAR, "Singular matrix: TensorInv{ind=1}"),
    "tensorsolve": (
        lambda x: nlinalg.tensorsolve(x, x[0]),
        SINGULAR,
        "Singular matrix: TensorSolve{axes=None} got matrix",
    ),
    "solve": (
        lambda x: slinalg.solve(x, x),
        SINGULAR,
        "Singular matrix: Solve{A_structure='general', lower=False, overwrite_A=False, "
        "overwrite_b=False} got matrix, matrix; lstsq gives the best",
    ),
    "lower": (
        lambda x: slinalg.solve_lower_triangular(x, x),
        ZERO_ON_DIAGONAL,
        "Singular matrix: Solve{A_structure='lower_triangular'",
    ),
    "upper": (
        lambda x: slinalg.solve_upper_triangular(x, x),
        ZERO_ON_DIAGONAL,
        "Singular matrix: Solve{A_structure='upper_triangular'",
    ),
    "cholesky": (
        slinalg.cholesky,
        INDEFINITE,
        "Matrix is not positive definite: Cholesky{lower=True, destructive=False, "
        "on_error='raise'} got matrix; add a small multiple of the identity",
    ),
    "eigvalsh": (
        lambda x: slinalg.eigvalsh(T.eye(2), x),
        INDEFINITE,
        "Matrix is not positive definite: Eigvalsh{lower=True} got Eye{dtype='float64'}.0, matrix",
    ),
    "eig": (
        lambda x: nlinalg.eig(x)[0],
        ROTATION,
        "Eigenvalues are complex: Eig got matrix; cast it to complex first",
    ),
    "expm": (
        slinalg.expm,
        NOT_FINITE,
        "array must not contain infs or NaNs: Expm got matrix; T.isnan and T.isinf tell",
    ),
    "nan": (
        lambda x: slinalg.solve(x, x),
        NOT_FINITE,
        "array must not contain infs or NaNs: Solve",
    ),
    "slope of inverse": (
        lambda x: T.grad(nlinalg.matrix_inverse(x).sum(), x),
        SINGULAR,
        "Singular matrix: MatrixInverse got matrix",
    ),
    "curvature": (
        lambda x: T.grad(T.grad(nlinalg.matrix_inverse(x).sum(), x).sum(), x),
        SINGULAR,
        "Singular matrix: MatrixInverse got matrix",
    ),
    "slope of factor": (
        lambda x: T.grad(slinalg.cholesky(x).sum(), x),
        INDEFINITE,
        "Matrix is not positive definite",
    ),
}


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@pytest.mark.parametrize("name", FAILING)
def test_what_has_no_answer_raises_and_leaves_all_state_as_it_was(name):
    build, failing, text = FAILING[name]
    matrix, total = T.dmatrix("matrix"), theano.shared(0.0, "total")
    answer = build(matrix)
    run = theano.function([matrix], answer, updates=[(total, total + answer.sum())])
    run(EYE)
    before = total.get_value()
    with pytest.raises(LinAlgError) as error:
        run(failing)
    assert str(error.value).startswith(text)
    assert "test_linear_algebra.py" in str(error.value)
    assert total.get_value() == before
    run(EYE)
    assert total.get_value() == 2 * before


def test_an_error_inside_of_fused_calls_leaves_all_state_as_it_was():
    matrix, count = T.dmatrix("matrix"), theano.shared(0, "count")
    inverse = nlinalg.matrix_inverse(matrix - count)
    run = theano.function([matrix], inverse, updates=[(count, count + 1)])
    run.repeat(3, np.diag([5.0, 6.0]))
    assert count.get_value() == 3
    with pytest.raises(LinAlgError, match="Singular matrix: MatrixInverse got"):
        run.repeat(3, np.ones((2, 2)))
    assert count.get_value() == 3
    with pytest.raises(LinAlgError, match="Singular matrix: MatrixInverse got"):
        run.scan(np.stack([EYE, np.ones((2, 2)), EYE]))
    assert count.get_value() == 3


def test_a_check_goes_along_to_plain_jax():
    matrix = T.dmatrix("matrix")
    inverse = nlinalg.matrix_inverse(matrix)
    outputs = [inverse, T.grad(inverse.sum(), matrix)]
    pure, state = theano.function([matrix], outputs).as_jax(checkify=True)
    with jax.enable_x64(True):
        checked = jax.jit(checkify.checkify(pure))
        error, _ = checked(state, SINGULAR)
        with pytest.raises(checkify.JaxRuntimeError, match="Singular matrix: MatrixInverse"):
            error.throw()
        error, (answers, _) = checked(state, 2 * EYE)
        error.throw()
    np.testing.assert_array_equal(answers[0], EYE / 2)


# By what LAPACK calls them.
FACTORIZATIONS = {
    "getrf": nlinalg.matrix_inverse,
    "potrf": slinalg.cholesky,
    "syevd": lambda x: nlinalg.eigh(x)[0],
    "gesdd": lambda x: nlinalg.svd(x, full_matrices=False)[1],
}


def test_a_check_costs_no_second_factorization():
    matrix = T.dmatrix("matrix")
    outputs = []
    for name, build in FACTORIZATIONS.items():
        outputs.append(build(matrix))
        if name != "syevd":
            # JAX makes a matrix symmetric again where it differentiates eigh.
            outputs.append(T.grad(outputs[-1].sum(), matrix))
    pure, state = theano.function([matrix], outputs).as_jax(checkify=True)
    with jax.enable_x64(True):
        program = jax.jit(checkify.checkify(pure)).lower(state, EYE).compile().as_text()
    assert {name: program.count(f'{name}_ffi"') for name in FACTORIZATIONS} == dict.fromkeys(
        FACTORIZATIONS, 1
    )


OTHER_RANKS = (
    *(nlinalg.det, nlinalg.matrix_inverse, nlinalg.pinv, nlinalg.svd, nlinalg.qr, nlinalg.eig),
    *(nlinalg.eigh, slinalg.cholesky, slinalg.expm, slinalg.eigvalsh),
)


@pytest.mark.parametrize("function", OTHER_RANKS, ids=lambda function: function.__name__)
def test_only_matrices_are_taken(function):
    for wrong in (T.dvector("v"), T.dtensor3("batch")):
        with pytest.raises(TypeError, match=rf": [xa]: got {wrong.name} of .*, wanted a matrix"):
            function(wrong)


def test_wrong_arguments_are_named():
    x, v = T.dmatrix("x"), T.dvector("v")
    with pytest.raises(TypeError, match=r"Solve.*: A: got v of .* wanted a matrix"):
        slinalg.solve(v, v)
    with pytest.raises(TypeError, match=r"b: got t of .* wanted a vector or a matrix"):
        slinalg.solve(x, T.dtensor3("t"))
    with pytest.raises(TypeError, match=r"lstsq: rcond: got v of .* wanted a scalar"):
        nlinalg.lstsq()(x, v, v)
    with pytest.raises(TypeError, match=r"lstsq: got 2 inputs, wanted a, b, rcond"):
        nlinalg.lstsq()(x, v)
    with pytest.raises(TypeError, match=r"b: got t of .* wanted no more axes than v has"):
        nlinalg.tensorsolve(v, T.dtensor3("t"))
    with pytest.raises(TypeError, match=r"matrix_dot: got nothing"):
        nlinalg.matrix_dot()
    with pytest.raises(TypeError, match=r"n: got 1.5, wanted a Python integer"):
        nlinalg.matrix_power(x, 1.5)
    with pytest.raises(TypeError, match="matrix_power: got v of"):
        nlinalg.matrix_power(v, 2)
    with pytest.raises(TypeError, match=r"kron: got v of .* wanted 3 axes or more"):
        slinalg.kron(v, v)
    with pytest.raises(ValueError, match="A_structure: got 'square', wanted one of 'general', "):
        slinalg.Solve("square")
    with pytest.raises(ValueError, match="on_error: got 'ignore', wanted 'raise' or 'nan'"):
        slinalg.Cholesky(on_error="ignore")
    with pytest.raises(ValueError, match="UPLO: got 'X', wanted 'L' or 'U'"):
        nlinalg.eigh(x, "X")
    with pytest.raises(ValueError, match="mode: got 'zigzag', wanted one of 'reduced', 'complete'"):
        nlinalg.qr(x, "zigzag")
    with pytest.raises(ValueError, match="mode: got 'r', wanted one of 'reduced'"):
        nlinalg.QRFull("r")
    with pytest.raises(ValueError, match="ind: got 0, wanted how many axes come first"):
        nlinalg.tensorinv(x, 0)
    with pytest.raises(
        ValueError, match=r"ord: got 2 for x of .* wanted one of None, 'fro', 'inf'"
    ):
        nlinalg.norm(x, 2)
    with pytest.raises(ValueError, match=r"ord: got 'fro' for v of .* also any number"):
        nlinalg.norm(v, "fro")
    with pytest.raises(NotImplementedError, match=r"x.norm\(L, axis\) takes any rank"):
        nlinalg.norm(T.dtensor3(), None)
    with pytest.raises(ValueError, match="log2_exponent: got 0, wanted 1 or more"):
        hinted.spectral_radius_bound(x, 0)
    for no_integer in (0.5, T.constant(2)):
        with pytest.raises(TypeError, match=r"log2_exponent: got .*, wanted an integer"):
            hinted.spectral_radius_bound(x, no_integer)
    with pytest.raises(TypeError, match=r"X: got v of .*, wanted a matrix"):
        hinted.spectral_radius_bound(v, 2)


def test_shapes_that_do_not_fit_are_told():
    x, b = T.dmatrix("x"), T.dvector("b")
    wide = np.ones((2, 3))
    for expression, op in (
        (nlinalg.det(x), "Det"),
        (slinalg.cholesky(x), "Cholesky"),
        (slinalg.eigvalsh(x, T.eye(2)), "Eigvalsh"),
    ):
        with pytest.raises(
            LinAlgError,
            match=rf"shapes do not fit in {op}.*: x has shape \(2, 3\), wanted a square",
        ) as error:
            expression.eval({x: wide})
        assert "test_linear_algebra.py" in str(error.value)
    with pytest.raises(LinAlgError, match=r"A, x, has shape \(2, 2\) and b, b, has shape \(3,\)"):
        slinalg.solve(x, b).eval({x: EYE, b: np.ones(3)})
    with pytest.raises(LinAlgError, match=r"a, x, has shape \(2, 3\) and b, b, has shape \(3,\)"):
        nlinalg.lstsq()(x, b, -1)[0].eval({x: wide, b: np.ones(3)})
    with pytest.raises(LinAlgError, match=r"x and .* have shapes \(2, 2\) and \(3, 3\)"):
        slinalg.eigvalsh(x, T.eye(3)).eval({x: EYE})
    with pytest.raises(LinAlgError, match=r"x has shape \(2, 3\), wanted as many elements in the"):
        nlinalg.tensorinv(x, 1).eval({x: wide})
    with pytest.raises(LinAlgError, match=r"wanted prod\(b.shape\) elements in the first 1 axes"):
        nlinalg.tensorsolve(x, b).eval({x: wide, b: np.ones(2)})


BEYOND = {
    "det": nlinalg.det,
    "singular values": lambda x: nlinalg.svd(x, compute_uv=False),
    "svd": lambda x: [abs(part) for part in nlinalg.svd(x)],
    "thin svd": lambda x: abs(nlinalg.svd(x[:, :2], full_matrices=False)[2]),
    "qr": lambda x: [abs(part) for part in nlinalg.qr(x)],
    "tall qr": lambda x: abs(nlinalg.qr(x[:, :2], "r")),
    "tensorinv": lambda x: nlinalg.tensorinv(x, 1),
    "tensorsolve": lambda x: nlinalg.tensorsolve(x, T.sqr(x[0])),
    "lstsq": lambda x: nlinalg.lstsq()(x[:, :2], x[2], -1)[0],
    "power": lambda x: nlinalg.matrix_power(x, -2),
    "eigvalsh": lambda x: slinalg.eigvalsh(T.sqr(x), x + 3 * T.eye(3), lower=False),
    "eigh": lambda x: nlinalg.eigh(x, "U")[1] ** 2,
    "pinv": lambda x: nlinalg.pinv(x[:2]),
    "curvature": lambda x: T.grad(T.log(nlinalg.det(x)), x),
    "slope of factor": lambda x: T.grad(slinalg.cholesky(x).sum(), x),
}


def test_gradients_are_those_of_finite_differences():
    x = T.dmatrix("x")
    random = np.random.RandomState(4)
    costs = []
    for build in BEYOND.values():
        parts = build(x)
        parts = parts if isinstance(parts, list) else [parts]
        costs.append(
            sum((part * random.uniform(0.5, 1.5, 3)[:1]).sum() for part in map(weighed, parts))
        )
    run = theano.function([x], [T.stack(costs), *(T.grad(cost, x) for cost in costs)])
    slopes = np.array(run(SQUARE)[1:])
    step = 1e-5
    for place in np.ndindex(3, 3):
        aside = np.zeros((3, 3))
        aside[place] = step
        differences = (run(SQUARE + aside)[0] - run(SQUARE - aside)[0]) / (2 * step)
        for name, slope, difference in zip(BEYOND, slopes, differences, strict=True):
            assert slope[place] == pytest.approx(difference, rel=1e-6, abs=1e-8), name


def weighed(part):
    """Each element with a weight of its own, so that no gradient is zero by symmetry."""
    return part.flatten() * T.cos(T.arange(part.size) + 1.0)


def test_the_determinant_of_a_singular_matrix_has_its_gradient():
    x = T.dmatrix("x")
    slope = T.grad(nlinalg.det(x), x)
    np.testing.assert_allclose(slope.eval({x: SINGULAR}), [[4.0, -2.0], [-2.0, 1.0]])


def test_what_has_no_gradient_says_what_has():
    x = T.dmatrix("x")
    for expression, advice in (
        (nlinalg.eig(x)[0], "use eigh, if the matrix is symmetric"),
        (nlinalg.qr(x, "raw")[0], "use mode='reduced'"),
    ):
        with pytest.raises(TypeError, match=advice):
            T.grad(expression.sum(), x)


def test_integers_are_computed_with_as_reals():
    x = T.imatrix("x")
    values = np.array([[4, 1], [1, 3]], "int32")
    expressions = {
        "det": (nlinalg.det(x), 11.0),
        "inverse": (nlinalg.matrix_inverse(x), np.linalg.inv(values)),
        "cholesky": (slinalg.cholesky(x), np.linalg.cholesky(values)),
        "pinv": (nlinalg.pinv(x), np.linalg.inv(values)),
        "values": (nlinalg.eigh(x)[0], np.linalg.eigvalsh(values)),
        "singular": (nlinalg.svd(x, compute_uv=False), np.linalg.svd(values)[1]),
    }
    answers = theano.function([x], [one for one, _ in expressions.values()])(values)
    for answer, (expression, wanted) in zip(answers, expressions.values(), strict=True):
        assert answer.dtype == expression.dtype == "float64"
        np.testing.assert_allclose(answer, wanted, rtol=1e-12)
    half = nlinalg.matrix_inverse(T.TensorType("float16", (False, False))())
    assert half.dtype == "float32"


def test_powers_norms_and_exponentials_that_theano_has_not():
    x, v = T.dmatrix("x"), T.dvector("v")
    outputs = [
        nlinalg.matrix_power(x, 0),
        nlinalg.matrix_power(x, -3),
        nlinalg.norm(x, np.inf),
        nlinalg.norm(x, -np.inf),
        nlinalg.norm(v, np.inf),
        nlinalg.norm(v, -np.inf),
        nlinalg.norm(v, 1.5),
        slinalg.expm(-1e6 * T.eye(3)),
        slinalg.eigvalsh(T.dot(x, x.T)),
    ]
    values = np.array([1.0, -3.0, 2.0])
    answers = theano.function([x, v], outputs)(SQUARE, values)
    wanted = [
        np.eye(3),
        np.linalg.matrix_power(SQUARE, -3),
        np.linalg.norm(SQUARE, np.inf),
        np.linalg.norm(SQUARE, -np.inf),
        3.0,
        1.0,
        np.linalg.norm(values, 1.5),
        np.zeros((3, 3)),
        np.linalg.eigvalsh(SQUARE @ SQUARE.T),
    ]
    for answer, want in zip(answers, wanted, strict=True):
        np.testing.assert_allclose(answer, want, rtol=1e-12, atol=1e-14)


def test_complex_eigenvalues_come_of_a_complex_matrix():
    x = T.dmatrix("x")
    values, vectors = nlinalg.eig(T.cast(x, "complex128"))
    w, v = theano.function([x], [values, vectors])(ROTATION)
    np.testing.assert_allclose(sorted(w, key=np.imag), [-1j, 1j], atol=1e-15)
    np.testing.assert_allclose(ROTATION @ v, v * w, atol=1e-15)


def test_eigenvalues_that_only_rounding_makes_complex_are_taken_for_real():
    # Twice the eigenvalue 1: rounding parts the two by the root of its size.
    basis = np.array([[1.0, 2.0], [3.0, 5.0]])
    double = basis @ np.array([[1.0, 1.0], [0.0, 1.0]]) @ np.linalg.inv(basis)
    values = nlinalg.eig(T.constant(double))[0].eval()
    np.testing.assert_allclose(values, [1.0, 1.0], atol=1e-6)


def test_a_factor_that_does_not_exist_can_be_nan():
    x = T.dmatrix("x")
    factor = slinalg.Cholesky(on_error="nan")(x)
    run = theano.function([x], factor)
    assert np.isnan(run(INDEFINITE)).all()
    np.testing.assert_allclose(run(4 * EYE), 2 * EYE)


def test_least_squares_with_too_few_equations_or_too_little_rank():
    a, b, limit = T.dmatrix("a"), T.dvector("b"), T.dscalar("limit")
    run = theano.function([a, b, limit], nlinalg.lstsq()(a, b, limit))
    wide, right = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]]), np.array([1.0, 2.0])
    solution, left, rank, values = run(wide, right, -1.0)
    np.testing.assert_allclose(solution, np.linalg.pinv(wide) @ right, rtol=1e-12)
    np.testing.assert_allclose(values, np.linalg.svd(wide)[1], rtol=1e-12)
    assert (left.shape, rank, rank.dtype) == ((0,), 2, "int64")
    solution, left, rank, _ = run(np.ones((3, 2)), np.array([1.0, 2.0, 6.0]), -1.0)
    np.testing.assert_allclose(solution, [1.5, 1.5], rtol=1e-12)
    np.testing.assert_allclose(left, [14.0], rtol=1e-12)
    assert rank == 1
    assert run(np.diag([1.0, 0.1]), right, 0.5)[2] == 1


def test_operations_are_known_by_theanos_classes():
    x, v = T.dmatrix("x"), T.dvector("v")
    for expression, kind, text in (
        (nlinalg.det(x), nlinalg.Det, "Det"),
        (nlinalg.svd(x)[0], nlinalg.SVD, "SVD{full_matrices=True, compute_uv=True}"),
        (nlinalg.qr(x, "r"), nlinalg.QRIncomplete, "QRIncomplete{mode='r'}"),
        (nlinalg.eigh(x)[0], nlinalg.Eigh, "Eigh{UPLO='L'}"),
        (nlinalg.lstsq()(x, v, -1)[0], nlinalg.lstsq, "lstsq"),
        (
            slinalg.solve_lower_triangular(x, v),
            slinalg.Solve,
            "Solve{A_structure='lower_triangular', lower=True, overwrite_A=False, "
            "overwrite_b=False}",
        ),
    ):
        assert isinstance(expression.owner.op, kind)
        assert str(expression.owner.op) == text
        again = pickle.loads(pickle.dumps(expression))
        assert again.owner.op == expression.owner.op
    copied = pickle.loads(pickle.dumps(slinalg.solve(x, v)))
    values = dict(zip(copied.owner.inputs, (2 * EYE, np.ones(2)), strict=True))
    np.testing.assert_array_equal(copied.eval(values), [0.5, 0.5])
    assert nlinalg.Eigh("U") != nlinalg.Eigh("L")


def test_hints_are_told_and_change_nothing():
    x = T.dmatrix("x")
    matrix = hinted.psd(x)
    ops = hinted.ops
    assert ops.hints(matrix) == {"psd": True, "symmetric": True}
    assert ops.is_psd(matrix)
    assert ops.is_symmetric(matrix)
    assert not ops.is_positive(matrix)
    assert not any(ask(other) for ask in (ops.is_psd, ops.is_symmetric) for other in (x, matrix.T))
    assert ops.is_hint_node(matrix.owner)
    assert not ops.is_hint_node(x)
    assert ops.is_positive(x**2)
    assert ops.is_positive(ops.Hint(positive=True)(x))
    assert not any(ops.is_positive(one) for one in (x, x**3, x ** T.dscalar(), T.exp(x)))
    value, slope = theano.function([x], [matrix, T.grad((matrix**2).sum(), x)])(SQUARE)
    np.testing.assert_array_equal(value, SQUARE)
    np.testing.assert_array_equal(slope, 2 * SQUARE)
