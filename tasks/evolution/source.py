"""Where things stand in the text of a contract: its fields, their arguments, what makes a field."""

import ast
from dataclasses import dataclass
from functools import cached_property


class ByHand(Exception):
    """A place in a contract that only a person can change, with the reason."""


@dataclass(frozen=True)
class ContractSource:
    """A contract's file as text, with the places of its parts."""

    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def _model(self) -> ast.ClassDef:
        classes = [node for node in self.tree.body if isinstance(node, ast.ClassDef)]
        models = [node for node in classes if any("DataFrameModel" in self.segment(base) for base in node.bases)]
        if len(models) != 1:
            raise ByHand("its class is not derived from DataFrameModel in so many words")
        return models[0]

    @cached_property
    def fields(self) -> list[tuple[ast.AnnAssign, str]]:
        """Each field of the class, with the name that the class has for it."""
        found = [node for node in self._model.body if isinstance(node, ast.AnnAssign)]
        return [(node, node.target.id) for node in found if isinstance(node.target, ast.Name)]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the file gives at its top."""
        targets = [part for node in self.tree.body if isinstance(node, ast.Assign) for part in node.targets]
        return frozenset(target.id for target in targets if isinstance(target, ast.Name))

    @cached_property
    def maker(self) -> str:
        """What makes a field, such as ``pa.Field``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self.segment(node.func).split(".")[-1] == "Field":
                return self.segment(node.func)
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in ("pandera", "pandera.pandas"):
                        return f"{alias.asname or alias.name}.Field"
        raise ByHand("it does not import pandera under a name")

    @cached_property
    def nullable_maker(self) -> str | None:
        """A function of the file's own that makes a field that may be missing; None: there is none."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.args.kwarg and not node.args.args:
                told = node.body[-1]
                call = told.value if isinstance(told, ast.Return) else None
                if isinstance(call, ast.Call) and _is_true(self.argument(call, "nullable")) and not call.args:
                    return node.name
        return None

    def field_of(self, column: str) -> ast.AnnAssign:
        """Return the field of ``column``, by its alias or its own name."""
        for node, name in self.fields:
            alias = self.argument(node.value, "alias") if isinstance(node.value, ast.Call) else None
            known = alias.value if isinstance(alias, ast.Constant) else name
            if known == column:
                return node
        raise ByHand(f"no field of the class is {column} in so many words")

    def call_of(self, column: str) -> ast.Call:
        """Return the call that makes the field of ``column``."""
        value = self.field_of(column).value
        if not isinstance(value, ast.Call):
            raise ByHand(f"the field of {column} is not made where it stands")
        return value

    def argument(self, call: ast.Call, name: str) -> ast.expr | None:
        return next((one.value for one in call.keywords if one.arg == name), None)

    def annotated(self, kind: str) -> str:
        """Return an annotation of that type, as the file writes its own."""
        for node, _ in self.fields:
            if isinstance(node.annotation, ast.Subscript):
                return f"{self.segment(node.annotation.value)}[{kind}]"
        return kind

    def elsewhere(self, column: str) -> str | None:
        """Return the part of the file, other than its fields, that names ``column``; None: there is none."""
        for part in (*self.tree.body, *self._model.body):
            if part is self._model or isinstance(part, ast.AnnAssign):
                continue
            for node in ast.walk(part):
                named = isinstance(node, ast.Constant) and node.value == column
                if named or (isinstance(node, ast.Attribute) and node.attr == column):
                    return f"{part.name}()" if isinstance(part, ast.FunctionDef) else "another part of the file"
        return None

    def segment(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where ``node`` begins and ends, in characters."""
        line, column, last, end = (
            getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")
        )
        return self._place(line, column), self._place(last, end)

    def start_of_line(self, number: int) -> int:
        """Return where line ``number``, counted from 1, begins; beyond the last: the end of the text."""
        return self._starts[number - 1] if number <= len(self._starts) else len(self.text)

    def line(self, number: int) -> str:
        return self._lines[number - 1]

    def replaced(self, node: ast.AST, by: str) -> "ContractSource":
        start, end = self.span(node)
        return ContractSource(self.text[:start] + by + self.text[end:])

    def inserted(self, place: int, what: str) -> "ContractSource":
        return ContractSource(self.text[:place] + what + self.text[place:])

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def _place(self, line: int, column: int) -> int:
        """Return a place in characters: Python's compiler counts the bytes of a line."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def is_number(node: ast.expr) -> bool:
    """Say whether ``node`` is a number written as one."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
