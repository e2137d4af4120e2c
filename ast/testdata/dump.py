"""Prints CPython's own syntax tree of the files named on standard input.

For each file: a line "F <path>", then one line for each statement of the module, or
"E" when CPython refuses the file. Positions are offsets into the UTF-8 text. The form is
that of dumper in differential_test.go.
"""
import ast
import io
import re
import sys
import tokenize
import warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(20000)
BREAK = re.compile(rb"\r\n|\r|\n")
SURROGATE = re.compile("[\ud800-\udfff]")
OPS = {
    "Add": "+", "Sub": "-", "Mult": "*", "MatMult": "@", "Div": "/", "Mod": "%", "Pow": "**", "LShift": "<<",
    "RShift": ">>", "BitOr": "|", "BitXor": "^", "BitAnd": "&", "FloorDiv": "//", "Invert": "~", "Not": "not",
    "UAdd": "+", "USub": "-", "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is",
    "IsNot": "is not", "In": "in", "NotIn": "not in",
}
INNER_POSITIONS = sys.version_info >= (3, 12)  # before, those within f-strings are wrong


class Dumper:
    def __init__(self, text):
        self.text = text
        self.lines = [0] + [m.end() for m in BREAK.finditer(text)]
        self.quiet = 0

    def offset(self, line, col):
        return self.lines[line - 1] + col

    def at(self, n):
        if self.quiet:
            return ""
        return "@%d-%d" % (self.offset(n.lineno, n.col_offset), self.offset(n.end_lineno, n.end_col_offset))

    def many(self, nodes):
        return "[" + " ".join([self(n) for n in nodes]) + "]"

    def __call__(self, n):
        if n is None:
            return "-"
        return getattr(self, n.__class__.__name__)(n)

    def form(self, n, *parts):
        return "(" + n.__class__.__name__ + self.at(n) + " " + " ".join(parts) + ")"

    def op(self, o):
        return OPS[o.__class__.__name__]

    def function(self, n):
        return "(FunctionDef%s %d %s %s %s %s %s %s)" % (
            self.at(n), n.__class__ is ast.AsyncFunctionDef, n.name, self.many(n.decorator_list),
            self.many(getattr(n, "type_params", [])), self.arguments(n.args), self(n.returns), self.many(n.body))

    FunctionDef = AsyncFunctionDef = function

    def arguments(self, a):
        out = []
        positional = a.posonlyargs + a.args
        defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
        for i, (p, d) in enumerate(zip(positional, defaults)):
            out.append(self.parameter("p" if i < len(a.posonlyargs) else "a", p, d))
        if a.vararg:
            out.append(self.parameter("*", a.vararg, None))
        for p, d in zip(a.kwonlyargs, a.kw_defaults):
            out.append(self.parameter("k", p, d))
        if a.kwarg:
            out.append(self.parameter("**", a.kwarg, None))
        return "{" + " ".join(out) + "}"

    def parameter(self, kind, p, default):
        return "%s%s%s:%s=%s" % (kind, p.arg, self.at(p), self(p.annotation), self(default))

    def ClassDef(self, n):
        return self.form(n, n.name, self.many(n.decorator_list), self.many(getattr(n, "type_params", [])),
                         self.many(n.bases), self.many(n.keywords), self.many(n.body))

    def Return(self, n):
        return self.form(n, self(n.value))

    def Delete(self, n):
        return self.form(n, self.many(n.targets))

    def Assign(self, n):
        return self.form(n, self.many(n.targets), self(n.value))

    def AugAssign(self, n):
        return self.form(n, self(n.target), self.op(n.op), self(n.value))

    def AnnAssign(self, n):
        return self.form(n, self(n.target), self(n.annotation), self(n.value))

    def TypeAlias(self, n):
        return self.form(n, self(n.name), self.many(n.type_params), self(n.value))

    def TypeVar(self, n):
        return "(TypeParam%s 0 %s %s %s)" % (self.at(n), n.name, self(n.bound), self(getattr(n, "default_value", None)))

    def TypeVarTuple(self, n):
        return "(TypeParam%s 1 %s - %s)" % (self.at(n), n.name, self(getattr(n, "default_value", None)))

    def ParamSpec(self, n):
        return "(TypeParam%s 2 %s - %s)" % (self.at(n), n.name, self(getattr(n, "default_value", None)))

    def loop(self, n):
        return "(For%s %d %s %s %s %s)" % (self.at(n), n.__class__ is ast.AsyncFor, self(n.target), self(n.iter),
                                           self.many(n.body), self.many(n.orelse))

    For = AsyncFor = loop

    def While(self, n):
        return self.form(n, self(n.test), self.many(n.body), self.many(n.orelse))

    If = While

    def with_(self, n):
        items = ["%s>%s" % (self(i.context_expr), self(i.optional_vars)) for i in n.items]
        return "(With%s %d [%s] %s)" % (self.at(n), n.__class__ is ast.AsyncWith, " ".join(items), self.many(n.body))

    With = AsyncWith = with_

    def Match(self, n):
        cases = ["%s?%s %s" % (self(c.pattern), self(c.guard), self.many(c.body)) for c in n.cases]
        return self.form(n, self(n.subject), "[" + " ".join(cases) + "]")

    def Raise(self, n):
        return self.form(n, self(n.exc), self(n.cause))

    def try_(self, n):
        return "(Try%s %d %s %s %s %s)" % (self.at(n), n.__class__.__name__ == "TryStar", self.many(n.body),
                                           self.many(n.handlers), self.many(n.orelse), self.many(n.finalbody))

    Try = TryStar = try_

    def ExceptHandler(self, n):
        return self.form(n, self(n.type), n.name or "-", self.many(n.body))

    def Assert(self, n):
        return self.form(n, self(n.test), self(n.msg))

    def Import(self, n):
        return self.form(n, self.many(n.names))

    def ImportFrom(self, n):
        return self.form(n, n.module or "-", str(n.level), self.many(n.names))

    def alias(self, n):
        return "(Alias%s %s %s)" % (self.at(n), n.name, n.asname or "-")

    def Global(self, n):
        return self.form(n, " ".join(n.names))

    Nonlocal = Global

    def Expr(self, n):
        return "(ExprStmt%s %s)" % (self.at(n), self(n.value))

    def Pass(self, n):
        return self.form(n)

    Break = Continue = Pass

    def Name(self, n):
        return self.form(n, n.id)

    def Constant(self, n):
        v = n.value
        if isinstance(v, str):
            return "(Str%s 0 %s)" % (self.at(n), SURROGATE.sub("\ufffd", v).encode().hex())
        if isinstance(v, bytes):
            return "(Str%s 1 %s)" % (self.at(n), v.hex())
        if v is None or v is Ellipsis or isinstance(v, bool):
            return "(Constant%s %r)" % (self.at(n), v)
        if self.quiet:
            return "(Number)"
        start, end = self.offset(n.lineno, n.col_offset), self.offset(n.end_lineno, n.end_col_offset)
        return "(Number%s %s)" % (self.at(n), self.text[start:end].decode())

    def JoinedStr(self, n):
        return "(JoinedStr%s %s)" % (self.at(n), self.joined(n))

    def joined(self, n):
        if n is None:
            return "-"
        self.quiet += not INNER_POSITIONS
        out = []
        for v in n.values:
            if isinstance(v, ast.Constant):
                # 3.12 leaves neighbouring constants within format specifications.
                text = SURROGATE.sub("\ufffd", v.value).encode().hex()
                if out and out[-1].startswith("="):
                    out[-1] += text
                elif text:
                    out.append("=" + text)
            else:
                conversion = chr(v.conversion) if v.conversion >= 0 else "-"
                out.append("{%s %s %s}" % (self(v.value), conversion, self.joined(v.format_spec)))
        self.quiet -= not INNER_POSITIONS
        return "[" + " ".join(out) + "]"

    def BoolOp(self, n):
        return self.form(n, "%d" % isinstance(n.op, ast.Or), self.many(n.values))

    def NamedExpr(self, n):
        return self.form(n, self(n.target), self(n.value))

    def BinOp(self, n):
        return self.form(n, self(n.left), self.op(n.op), self(n.right))

    def UnaryOp(self, n):
        return self.form(n, self.op(n.op), self(n.operand))

    def Lambda(self, n):
        return self.form(n, self.arguments(n.args), self(n.body))

    def IfExp(self, n):
        return self.form(n, self(n.test), self(n.body), self(n.orelse))

    def Dict(self, n):
        return self.form(n, self.many(n.keys), self.many(n.values))

    def List(self, n):
        return self.form(n, self.many(n.elts))

    Set = Tuple = List

    def comp(self, n):
        kind = {"ListComp": 0, "SetComp": 1, "DictComp": 2, "GeneratorExp": 3}[n.__class__.__name__]
        key, elt = (n.key, n.value) if kind == 2 else (None, n.elt)
        clauses = ["%d %s %s %s" % (g.is_async, self(g.target), self(g.iter), self.many(g.ifs)) for g in n.generators]
        return "(Comp%s %d %s %s [%s])" % (self.at(n), kind, self(key), self(elt), " ".join(clauses))

    ListComp = SetComp = DictComp = GeneratorExp = comp

    def Await(self, n):
        return self.form(n, self(n.value))

    Starred = Await

    def Yield(self, n):
        return "(Yield%s 0 %s)" % (self.at(n), self(n.value))

    def YieldFrom(self, n):
        return "(Yield%s 1 %s)" % (self.at(n), self(n.value))

    def Compare(self, n):
        return self.form(n, self(n.left), ",".join([self.op(o) for o in n.ops]), self.many(n.comparators))

    def Call(self, n):
        return self.form(n, self(n.func), self.many(n.args), self.many(n.keywords))

    def keyword(self, n):
        return "(Keyword%s %s %s)" % (self.at(n), n.arg or "-", self(n.value))

    def Attribute(self, n):
        return self.form(n, self(n.value), n.attr)

    def Subscript(self, n):
        return self.form(n, self(n.value), self(n.slice))

    def Slice(self, n):
        return self.form(n, self(n.lower), self(n.upper), self(n.step))

    def MatchValue(self, n):
        return self.form(n, self(n.value))

    def MatchSingleton(self, n):
        at = self.at(n)
        return "(MatchValue%s (Constant%s %r))" % (at, at, n.value)

    def MatchSequence(self, n):
        return self.form(n, self.many(n.patterns))

    def MatchMapping(self, n):
        return self.form(n, self.many(n.keys), self.many(n.patterns), n.rest or "-")

    def MatchClass(self, n):
        return self.form(n, self(n.cls), self.many(n.patterns), "[" + " ".join(n.kwd_attrs) + "]", self.many(n.kwd_patterns))

    def MatchStar(self, n):
        return self.form(n, n.name or "-")

    def MatchAs(self, n):
        return self.form(n, self(n.pattern), n.name or "-")

    def MatchOr(self, n):
        return self.form(n, self.many(n.patterns))


def dump(path, out):
    out.write("F %s\n" % path)
    try:
        with open(path, "rb") as f:
            raw = f.read()
        tree = ast.parse(raw, path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = raw.decode(encoding)
        dumper = Dumper(text.encode("utf-8"))
        lines = [dumper(s).encode("utf-8", "replace").decode() for s in tree.body]
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        out.write("E\n")
        return
    for line in lines:
        out.write(line.replace("\n", " ") + "\n")


def main():
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n", write_through=False)
    out.write("V %d %d\n" % sys.version_info[:2])
    for path in sys.stdin.read().split("\0"):
        if path:
            dump(path, out)
    out.flush()


main()
