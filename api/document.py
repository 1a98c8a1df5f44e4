"""Routes that describe themselves: one decorator makes the route, its key check and its place in the OpenAPI document.

    @routes.post("/v1/plots/genres", takes=PlotRequest, gives=GenresAnswer, errors=(503,))
    def plot_genres(asked: PlotRequest) -> Any: ...

flask-openapi3 keeps the document and the path parameters. Bodies are read here, because an address
may take JSON and multipart alike, and because every refusal must be a problem document. Knows
nothing of films.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import IO, Any, TypeVar, get_args, get_origin

import orjson
from flask import Request, Response, request
from flask.json.provider import JSONProvider
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema
from werkzeug.formparser import FormDataParser

from api.errors import PROBLEM, Problem, WrongType
from movies.errors import BadInput

M = TypeVar("M", bound=BaseModel)
View = Callable[..., Any]
_REF = "#/components/schemas/{model}"
_TEXTS = ("query", "message", "session", "plot", "turn")  # fields of forms that are plain text …
_TEXT_LISTS = ("like",)  # … or plain texts, one per repetition; all others hold JSON
_ALWAYS = (400, 401, 403, 429, 500, 503)  # what any address under /v1 may answer
_IDS = {"movie_id": ("The id of a film.", "heat-1995"), "finding_id": ("The id of a finding.", "0123456789abcdef")}
_PICTURES = "image/jpeg, image/png, image/webp, image/gif"


class _Request(Request):
    """A request whose broken forms are noticed (Werkzeug would take them for empty ones) and stay in memory."""

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _get_file_stream(self, total_content_length: int | None, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()  # sizes are bounded, so nothing a stranger sends needs to touch the disk


class _Json(JSONProvider):
    """JSON by orjson: a page of a hundred hits takes a tenth of the time, and NaN, which JSON lacks, becomes null."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, option=orjson.OPT_SERIALIZE_NUMPY).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, content_type="application/json")


class Api(OpenAPI):
    """A Flask app whose document is OpenAPI 3.1 with the schemas exactly as pydantic writes them."""

    request_class = _Request
    json_provider_class = _Json

    def __init__(self, name: str, *, title: str, version: str, about: str, key_needed: bool) -> None:
        super().__init__(
            name,
            info=Info(title=title, version=version, description=about),
            security_schemes={"key": {"type": "http", "scheme": "bearer", "description": "An API key; X-API-Key works too."}},
            doc_ui=False,
            validation_error_status=400,
            validation_error_callback=_raise,
        )
        self.key_needed = key_needed
        self.models: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}

    def mount(self, routes: Routes) -> None:
        """Put one resource's routes into the app and the document."""
        self.models |= routes.models
        self.register_api(routes.blueprint)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        made: dict[str, Any] = json.loads(json.dumps(self.api_doc))
        _, schemas = models_json_schema(list(self.models), ref_template=_REF)  # type: ignore[arg-type]
        made["components"]["schemas"] = schemas["$defs"]
        if not self.key_needed:
            made["components"].pop("securitySchemes", None)
        for item in made["paths"].values():
            for operation in item.values():
                for parameter in operation.get("parameters", []):
                    parameter["schema"].pop("description", None)
                if not self.key_needed:
                    operation.pop("security", None)
        return made


class Routes:
    """The routes of one resource. `allow` is asked with the scope of each route before it runs."""

    def __init__(self, name: str, about: str, allow: Callable[[str], None]) -> None:
        self.blueprint = APIBlueprint(name, __name__, abp_tags=[Tag(name=name, description=about)])
        self.models: dict[tuple[type[BaseModel], str], None] = {}
        self._allow = allow

    def get(self, rule: str, **described: Any) -> Callable[[View], View]:
        return self._route("get", rule, **described)

    def post(self, rule: str, **described: Any) -> Callable[[View], View]:
        return self._route("post", rule, **described)

    def delete(self, rule: str, **described: Any) -> Callable[[View], View]:
        return self._route("delete", rule, **described)

    def _route(
        self,
        method: str,
        rule: str,
        *,
        takes: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        gives: type[BaseModel] | Mapping[str, Any] | None = None,
        errors: Sequence[int] = (),
        poster: str | None = None,
        form: type[BaseModel] | None = None,
        scope: str | None = "read",
        status: int = 200,
        also: Sequence[int] = (),
    ) -> Callable[[View], View]:
        """The decorator behind get, post and delete.

        The view is called with `asked` (an instance of `takes` or `query`) and the path parameters.
        `gives` is a model, or the content types of an answer that is not JSON. `poster`: `optional`
        takes a picture in a form, or JSON without one; `only` takes nothing but a form with a picture.
        `form` is the model of the form where it differs. `also`: further statuses that are no failures. A view that returns a dict is sent as JSON;
        None as 204; a Response as it is.
        """
        operation: dict[str, Any] = {}
        names = re.findall(r"<(?:[^<>:]+:)?(\w+)>", rule)
        parameters = [_path_parameter(name) for name in names] + (_query_parameters(query) if query else [])
        if parameters:
            operation["parameters"] = parameters
        if takes:
            operation["requestBody"] = {"required": True, "content": self._bodies(takes, poster, form or takes)}
        responses: dict[str, Any] = {str(code): self._answer(code, gives) for code in (status, *also)}
        expected = sorted({*errors, *(_ALWAYS if scope else (500,)), *((413, 415) if takes else ())})
        for code in expected:
            responses[str(code)] = _problem_response(code)

        def decorate(view: View) -> View:
            @wraps(view)
            def answer() -> Any:  # flask-openapi3 would hand over a model of the path; Flask's own names are enough
                if scope:
                    self._allow(scope)
                values: dict[str, Any] = {
                    name: text.strip() for name, text in (request.view_args or {}).items()
                }  # as ids are kept
                if takes:
                    is_form = poster is not None and request.mimetype == "multipart/form-data"
                    values["asked"] = read_form(form or takes) if is_form else read_json(takes, poster)
                elif query:
                    values["asked"] = read_query(query)
                given = view(**values)
                return ("", 204) if given is None else given

            summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
            answer.__annotations__ = {}  # or flask-openapi3 would read the body again
            register = getattr(self.blueprint, method)
            register(
                rule,
                operation_id=view.__name__,
                summary=summary,
                description=description or f"{summary}.",
                responses=responses,
                security=[{"key": []}] if scope else None,
                openapi_extensions=operation,
                endpoint=view.__name__,
            )(answer)
            return view

        return decorate

    def _model(self, model: type[BaseModel], mode: str) -> dict[str, str]:
        self.models[(model, mode)] = None
        return {"$ref": _REF.format(model=model.__name__)}

    def _answer(self, status: int, gives: type[BaseModel] | Mapping[str, Any] | None) -> dict[str, Any]:
        described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if isinstance(gives, type):
            described["content"] = {"application/json": {"schema": self._model(gives, "serialization")}}
        elif gives and status != HTTPStatus.NOT_MODIFIED:
            described["content"] = dict(gives)
        return described

    def _bodies(self, takes: type[BaseModel], poster: str | None, form: type[BaseModel]) -> dict[str, Any]:
        """The request body as JSON and, where a picture may come along, as multipart."""
        content: dict[str, Any] = {}
        extra: Any = takes.model_config.get("json_schema_extra") or {}
        examples = extra.get("examples", [])
        if poster != "only":
            named = {f"example {n}": {"value": value} for n, value in enumerate(examples, 1)}
            content["application/json"] = {"schema": self._model(takes, "validation"), **({"examples": named} if named else {})}
        if poster:
            schema = form.model_json_schema(ref_template=_REF)
            for nested in _models_within(form):
                self._model(nested, "validation")
            fields = {"poster": {"type": "string", "format": "binary", "description": "A JPEG, PNG, WebP or GIF."}}
            fields |= schema.get("properties", {})
            required = [*(["poster"] if poster == "only" else []), *schema.get("required", [])]
            content["multipart/form-data"] = {
                "schema": {
                    "type": "object",
                    "properties": fields,
                    "additionalProperties": False,
                    **({"required": required} if required else {}),
                    **({"anyOf": schema["anyOf"]} if "anyOf" in schema else {}),
                },
                "encoding": {
                    "poster": {"contentType": _PICTURES},
                    **{
                        name: {"contentType": "application/json"}
                        for name in fields
                        if name not in ("poster", *_TEXTS, *_TEXT_LISTS)
                    },
                },
            }
        return content


def read_json(model: type[M], poster: str | None = None) -> M:
    """The JSON body of this request as `model`.

    Raises WrongType for anything but JSON, and BadInput or pydantic's ValidationError for bad JSON.
    """
    if poster == "only" or request.mimetype != "application/json":
        form = "multipart/form-data with a picture in the field poster"
        accepted = {"only": form, "optional": f"application/json, or {form}"}.get(poster or "", "application/json")
        raise WrongType(f"Send {accepted}, and say so in Content-Type.")
    return _strictly(model, _parse_json(request.get_data(cache=False)))


def read_form(model: type[M]) -> M:
    """The fields of this request's form as `model`: JSON each, but plain texts as they are. Raises as `read_json`."""
    values: dict[str, Any] = {}
    try:
        fields = list(request.form.lists())
    except ValueError as error:
        raise BadInput(f"The form can't be read ({error}). See /docs for an example.") from None
    for name in request.files:
        if name != "poster":
            raise BadInput(f"The picture goes into the field poster, not {name[:40]!r}.")
    for name, given in fields:
        if name in _TEXT_LISTS:
            values[name] = given
        elif len(given) > 1:
            raise BadInput(f"{name[:40]}: give it once.")
        else:
            values[name] = given[0] if name in _TEXTS else _json_or_text(given[0])
    return _strictly(model, values)


def read_query(model: type[M]) -> M:
    """The query parameters of this request as `model`; repeated ones make a list."""
    values: dict[str, Any] = {}
    for name, given in request.args.lists():
        many = name in model.model_fields and get_origin(model.model_fields[name].annotation) is tuple
        if len(given) > 1 and not many:
            raise BadInput(f"{name}: give it once.")
        values[name] = tuple(given) if many else given[0]
    return model.model_validate(values)


def _json_or_text(text: str) -> Any:
    try:
        return _parse_json(text)
    except BadInput:  # the model says what is wrong with it
        return text


def _parse_json(data: bytes | str) -> Any:
    """JSON as it is meant: 3.0 is a whole number, NaN is none, and depth has an end. Raises BadInput."""
    try:
        return json.loads(data, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        raise BadInput("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise BadInput(f"The body is not JSON: {error}. See /docs for an example.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise BadInput(f"{twice[:40]}: give it once.")
    return given


def _number(text: str) -> int | float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _strictly(model: type[M], values: Any) -> M:
    """JSON values as a model, without any conversion: a text is no number, and lists become tuples."""
    return model.model_validate_json(json.dumps(values), strict=True)


def _path_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 200}
    what, example = _IDS[name]
    return {"name": name, "in": "path", "required": True, "description": what, "example": example, "schema": schema}


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _models_within(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Models among the fields of a model, as far as the fields' own types name them."""
    found: list[type[BaseModel]] = []
    for field in model.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found.append(kind)
    return found


def _problem_response(code: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": HTTPStatus(code).phrase,
        "content": {PROBLEM: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    if code in (429, 503):
        retry = {"description": "Seconds until another try makes sense.", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": retry}
    return described


def _raise(error: ValidationError) -> Response:
    raise error
