"""What can be told of images, Compose stack, manifests and locks without a container engine.

The image and the stack themselves are built and started by .github/workflows/ci.yml.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from cli.main import app
from movies.settings import Settings

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
LOCKS = {"all": set(PROJECT["optional-dependencies"]), "server": {"server"}, "chat": {"chat"}}
HEAVY = {
    "torch",
    "torchvision",
    "annoy",
    "flask",
    "onnxruntime",
    "open-clip-torch",
    "langchain",
    "transformers",
    "scikit-learn",
}


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a development tool that is installed beside this Python, or anywhere on the path."""
    program = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert program, f"{name} is not installed. Run: make install"
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)


def locked(name: str) -> dict[str, list[Requirement]]:
    """The lines of a lock file by package name; a package may have one line per Python version."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def asked(extras: set[str]) -> Iterator[Requirement]:
    """What pyproject.toml asks for."""
    for line in PROJECT["dependencies"] + [
        line for extra in sorted(extras) for line in PROJECT["optional-dependencies"][extra]
    ]:
        yield Requirement(line)


# -- locks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_locks_cover_pyproject(name: str) -> None:
    pins = locked(name)
    for wanted in asked(LOCKS[name]):
        lines = pins.get(canonicalize_name(wanted.name), [])
        assert lines, f"{wanted} is not in requirements/{name}.txt. Run: make lock"
        for pin in lines:
            version = next(iter(pin.specifier)).version
            assert wanted.specifier.contains(version, prereleases=True), f"{pin} is not {wanted}. Run: make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_exactly_and_name_no_place(name: str) -> None:
    for lines in locked(name).values():
        for pin in lines:
            assert pin.url is None
            assert [part.operator for part in pin.specifier] == ["=="]
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|(^|\s)[/~]", text)


def test_what_ships_is_what_is_tested() -> None:
    everything = {str(line) for lines in locked("all").values() for line in lines}
    for name in ("server", "chat"):
        assert {str(line) for lines in locked(name).values() for line in lines} <= everything


def test_locks_leave_torch_its_choice_of_cuda() -> None:
    for name in LOCKS:
        assert not [package for package in locked(name) if re.match(r"nvidia-|cuda-|triton$", package)]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_complete(name: str) -> None:
    """Every installed package that a locked one needs is locked too: plain pip has nothing to choose."""
    pins = locked(name)
    environment = {str(key): str(value) for key, value in default_environment().items()} | {"extra": ""}
    for package in pins:
        try:
            needs = metadata.requires(package) or []
        except metadata.PackageNotFoundError:
            continue  # for another system or Python
        for need in map(Requirement, needs):
            other = canonicalize_name(need.name)
            if (need.marker is None or need.marker.evaluate(environment)) and not re.match(r"nvidia-|cuda-|triton$", other):
                assert other in pins, f"{package} needs {other}, which is not in requirements/{name}.txt. Run: make lock"


def imported(room: Path) -> dict[str, str]:
    """The packages from elsewhere that a room imports itself, each with one file that does."""
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")} | sys.stdlib_module_names
    found: dict[str, str] = {}
    for path in sorted(room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {top: path.name for name in names if (top := name.partition(".")[0]) not in ours}
    return found


def test_what_is_imported_is_asked_for() -> None:
    """A package that only comes along with another may be gone with its next release."""
    known = metadata.packages_distributions()
    for init in ROOT.glob("*/__init__.py"):
        room = init.parent.name
        extras = (
            {"chat", "mcp"}
            if room == "chat_ui"
            else set(PROJECT["optional-dependencies"]) - ({"dev"} if room != "tests" else set())
        )
        wanted = {canonicalize_name(need.name) for need in asked(extras)}
        for module, file in imported(init.parent).items():
            names = {canonicalize_name(name) for name in known.get(module, [module])}
            assert names & wanted, f"{room}/{file} imports {module}: name it in pyproject.toml, then make lock"


# -- the page without the models -------------------------------------------------------------------


def test_the_page_needs_no_torch() -> None:
    assert not HEAVY & set(locked("chat"))


def test_the_page_starts_with_its_own_packages_only() -> None:
    """Everything the chat image doesn't have is made impossible to import."""
    here = {canonicalize_name(name) for name in locked("chat")} | {"matinee"}
    absent = sorted(
        module
        for module, names in metadata.packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & here
    )
    program = f"""
import sys
absent = set({absent!r}) - set(sys.stdlib_module_names)
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
import cli.main
from chat_ui.serve import create_server
from movies.settings import Settings
create_server(Settings(_env_file=None, api_url="http://127.0.0.1:9"))
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]


# -- the Dockerfile --------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) of the Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in whole.splitlines() if line.strip()]


def let_in(path: str) -> bool:
    """Whether .dockerignore lets a path of this checkout into the build."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in rules
    return any(
        rule in (f"!{path}", f"!{path.split('/')[0]}") or rule == f"!{Path(path).parent}/*{Path(path).suffix}" for rule in rules
    )


def test_hadolint_finds_nothing() -> None:
    ran = tool("hadolint", "--failure-threshold", "style", "Dockerfile")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_what_is_copied_exists_and_is_let_in() -> None:
    stages = set()
    for name, rest in instructions():
        if name == "FROM":
            stages.add(rest.split(" AS ")[1])
        if name == "COPY":
            words = shlex.split(rest)
            source = [word for word in words if word.startswith("--from=")]
            if source:
                assert source[0].removeprefix("--from=") in stages
                continue
            for path in words[:-1]:
                assert (ROOT / path).exists(), path
    for path in re.findall(r"requirements/\w+\.txt", (ROOT / "Dockerfile").read_text("utf-8")):
        assert (ROOT / path).is_file()
        assert let_in(path)


def test_every_package_is_let_in() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert not [name for name in packages if not let_in(name)]
    for needed in ("pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]):
        assert let_in(needed)
    for secret in (".env", "data/demo.sqlite", "artifacts/current", ".git/config"):
        assert not let_in(secret)


def test_what_a_package_needs_besides_python_is_packaged() -> None:
    """A wheel holds data files only if pyproject.toml names them."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    for init in ROOT.glob("*/__init__.py"):
        package = init.parent
        if package.name == "tests":
            continue
        named = {path for pattern in table["package-data"].get(package.name, []) for path in package.glob(pattern)}
        data = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
        assert data <= named, f"not packaged: {sorted(path.name for path in data - named)}"
        assert f"{package.name}*" in table["packages"]["find"]["include"]


def test_images_run_as_nobody_and_start_through_an_init() -> None:
    last = {name: rest for name, rest in instructions() if name in ("USER", "ENTRYPOINT")}
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last["USER"])
    assert "tini" in last["ENTRYPOINT"]


def matinee_commands() -> set[tuple[str, ...]]:
    """Every `matinee …` that image, stack and manifests run."""
    found: set[tuple[str, ...]] = set()
    for name, rest in instructions():
        if name == "CMD":
            found.add(tuple(yaml.safe_load(rest)))
    texts = [str(service.get("command", "")) for service in SERVICES.values()]
    texts += [path.read_text("utf-8") for path in (ROOT / "deploy").rglob("*.yaml")]
    found |= {("matinee", word) for text in texts for word in re.findall(r"exec matinee (\w+)", text)}
    return found


def test_every_command_exists() -> None:
    commands = matinee_commands()
    assert {("matinee", "serve"), ("matinee", "ui"), ("matinee", "demo"), ("matinee", "fetch")} <= commands
    for _, name in commands:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0, name


def test_health_checks_are_python_that_runs() -> None:
    checks = re.findall(r"CMD (\[\"python\".*\])", (ROOT / "Dockerfile").read_text("utf-8"))
    assert len(checks) == 2
    for line in checks:
        program = yaml.safe_load(line)[2]
        environment = os.environ | {"MATINEE_API_PORT": "9", "MATINEE_UI_PORT": "9"}
        ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 1
        assert "refused" in ran.stderr


# -- the stack -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/https.yml"])
def test_compose_files_follow_the_specification(name: str) -> None:
    ran = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", name)
    assert ran.returncode == 0, ran.stdout


def test_nothing_waits_for_the_language_model() -> None:
    waited_for = {other for name in ("index_builder", "api", "chat") for other in SERVICES[name].get("depends_on", {})}
    assert waited_for == {"index_builder", "api"}
    assert SERVICES["ollama"]["healthcheck"]["test"] == ["CMD", "ollama", "list"]


def test_the_stack_starts_with_nothing_prepared() -> None:
    started = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert started == {"index_builder", "api", "chat", "ollama", "ollama_model"}
    assert {name for service in SERVICES.values() for name in service.get("profiles", [])} == {"gpu", "remote-ollama"}
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    without_default = re.findall(r"(?<!\$)\$\{([A-Z_]+)\}", text)
    assert not without_default


def test_the_stack_is_hardened_and_limited() -> None:
    for name, service in SERVICES.items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["restart"] != "no"
        assert "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged")
        for port in service.get("ports", []):
            assert re.match(r"\$\{\w+_BIND:-127\.0\.0\.1\}:", port), f"{name} is open to the network by default"
    for name in ("index_builder", "api", "chat"):
        assert SERVICES[name]["read_only"]
        assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_places_inside_the_image_are_on_volumes() -> None:
    mounted = {volume.split(":")[1] for volume in SERVICES["api"]["volumes"]}
    declared = {path for name, rest in instructions() if name == "VOLUME" for path in yaml.safe_load(rest)}
    assert mounted == declared
    workdir = next(rest for name, rest in instructions() if name == "WORKDIR" and rest.startswith("/var"))
    for name, value in SERVICES["api"]["environment"].items():
        field = Settings.model_fields.get(name.removeprefix("MATINEE_").lower())
        assert field is not None, f"{name} is no setting"
        if isinstance(field.default, Path):
            path = Path(workdir, re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(value)))
            assert any(path.is_relative_to(place) for place in mounted), name


def test_no_secret_is_written_down() -> None:
    secrets = re.compile(r"mk_[\w-]{20,}|hf_\w{20,}|gh[pous]_\w{20,}|-----BEGIN|\b[0-9a-f]{32,}\b|://[^/\s:]+:[^/\s]+@")
    for path in [ROOT / "docker-compose.yml", ROOT / ".env.example", *(ROOT / "deploy").rglob("*")]:
        if path.is_file():
            assert not secrets.search(path.read_text("utf-8")), path
    for name, value in examples().items():
        assert not (value and re.search(r"KEY$|KEYS$|SECRET|TOKEN|PASSWORD", name)), f"{name} has a value in .env.example"


# -- settings --------------------------------------------------------------------------------------


def examples() -> dict[str, str]:
    """Every NAME=value of .env.example (the last of each name), uncommented."""
    return dict(re.findall(r"(?m)^# ([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE))


def test_the_example_changes_nothing() -> None:
    assert not re.search(r"(?m)^[^#\n]", EXAMPLE), "every line is a comment"


def test_the_example_has_every_setting_with_its_default() -> None:
    shown = {name.removeprefix("MATINEE_").lower(): value for name, value in examples().items() if name.startswith("MATINEE_")}
    compose_only = {"registry", "tag", "domain"}
    assert set(shown) - compose_only == set(Settings.model_fields)
    given = {name: value for name, value in shown.items() if value and name not in compose_only}
    assert Settings(_env_file=None, **given) == Settings(_env_file=None)  # type: ignore[arg-type]


def test_every_variable_of_the_stack_is_explained() -> None:
    text = "".join((ROOT / name).read_text("utf-8") for name in ("docker-compose.yml", "deploy/https.yml"))
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)[:}]", text))
    assert used <= set(examples())


# -- Kubernetes and the workflows ------------------------------------------------------------------


def manifests() -> list[dict[str, Any]]:
    folder = ROOT / "deploy" / "kubernetes"
    files = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {*files, "kustomization.yaml"} == {path.name for path in folder.iterdir()}
    return [document for name in files for document in yaml.safe_load_all((folder / name).read_text("utf-8"))]


def test_manifests_refer_to_what_is_there() -> None:
    documents = manifests()
    claims = {document["metadata"]["name"] for document in documents if document["kind"] == "PersistentVolumeClaim"}
    deployments = {
        document["metadata"]["name"]: document["spec"]["template"] for document in documents if document["kind"] == "Deployment"
    }
    for document in documents:
        if document["kind"] == "Service":
            assert document["spec"]["selector"] == deployments[document["metadata"]["name"]]["metadata"]["labels"]
        if document["kind"] == "HorizontalPodAutoscaler":
            assert document["spec"]["scaleTargetRef"]["name"] in deployments
        if document["kind"] == "ConfigMap":
            assert {name.removeprefix("MATINEE_").lower() for name in document["data"]} <= set(Settings.model_fields)
    for template in deployments.values():
        volumes = {volume["name"] for volume in template["spec"]["volumes"]}
        used = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in template["spec"]["volumes"]
            if "persistentVolumeClaim" in volume
        }
        assert used <= claims
        for container in template["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert {"livenessProbe", "readinessProbe", "resources"} <= set(container)
            assert container["resources"]["limits"]["memory"]
            assert container["securityContext"]["allowPrivilegeEscalation"] is False


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_follow_the_schema(path: Path) -> None:
    ran = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))
    assert ran.returncode == 0, ran.stdout


def test_workflows_are_safe_and_pinned() -> None:
    """zizmor: actions by hash, no credentials left behind, nothing of a stranger's text in a shell."""
    ran = tool("zizmor", "--offline", "--quiet", "--no-progress", ".github/workflows")
    assert ran.returncode == 0, ran.stdout


def test_shell_scripts_have_no_findings() -> None:
    ran = tool("shellcheck", "requirements/lock.sh", ".ci/run")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_steps_call_what_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    steps = [*(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / ".ci" / "run"]
    called = {name for path in steps for name in re.findall(r"(?m)^\s*(?:- run: )?make (\w+)", path.read_text("utf-8"))}
    assert {"install", "check", "test"} <= called
    for name in called:
        assert re.search(rf"(?m)^{name}:", makefile)


# -- documents -------------------------------------------------------------------------------------


DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)\s#]+)", path.read_text("utf-8")):
        if "127.0.0.1" not in target:
            assert (path.parent / target).exists(), f"{path.name} → {target}"


def test_the_index_of_documents_is_complete() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        assert path.name == "README.md" or f"({path.name})" in index, f"{path.name} is missing in docs/README.md"


def test_libraries_report_nothing_to_their_makers(tmp_path: Path) -> None:
    """ONNX Runtime keeps an identifier of the machine and sends events, unless it is told before it is loaded."""
    reading = "from PIL import Image; from movies.poster_reader import PosterReader; PosterReader().read(Image.new('RGB', (200, 300)))"
    silenced = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    plain = {name: value for name, value in os.environ.items() if name not in silenced}
    places = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", reading], cwd=ROOT, env=plain | places, check=True, timeout=120)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == []
