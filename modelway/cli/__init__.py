"""`modelway VERB …`: one file per verb, imported when it is called and not before.

A verb is a row in VERBS and a module. The module has either

- `command(...)`, a function with Typer's annotations: the verb itself (`modelway up ENV`), or
- `app`, a `typer.Typer`: a group of verbs (`modelway local up`).

A module imports what is heavy inside its functions, so that its help is quick too. Results go to stdout, talk to stderr. A verb ends by
returning (exit code 0), with `raise typer.Exit(code)`, with `raise typer.BadParameter(text)` for wrong usage (2), or with a ModelwayError,
whose text is shown as it is. This is the one place that turns those, an interrupt (130) and a closed pipe into an exit code; any other
exception is a fault of ours and keeps its traceback.
"""

import gc
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer

from modelway.errors import ModelwayError


@dataclass(frozen=True)
class Verb:
    """One verb: the line that `modelway --help` has for it, and the module that does it."""

    name: str
    help: str
    module: str


VERBS = (
    Verb("validate", "Check environments: every fault of every file, at once.", "modelway.cli.validate"),
    Verb("show", "Print an environment, and where its values are set.", "modelway.cli.show"),
    Verb("diff", "Print what differs between two environments.", "modelway.cli.diff"),
    Verb("affected", "Print which stacks a change can touch.", "modelway.cli.affected"),
    Verb("preview", "Run a preview, and say what it means.", "modelway.cli.preview"),
    Verb("report", "Print what a change means, from saved files of a preview.", "modelway.cli.report"),
    Verb("check", "Check data, or a version, against a contract.", "modelway.cli.check"),
    Verb("drift", "Make baselines, and say what has changed since.", "modelway.cli.drift"),
    Verb("policy", "Hold rules against a preview, a state, an environment.", "modelway.cli.policy"),
    Verb("comment", "Put reports on a pull request as one comment.", "modelway.cli.comment"),
    Verb("new", "Begin a model or an environment: files to fill in.", "modelway.cli.new"),
    Verb("schema", "Print the JSON Schema of a kind of file, for editors.", "modelway.cli.schema"),
    Verb("bootstrap", "Prepare an account: a place for state, roles for CI.", "modelway.cli.bootstrap"),
    Verb("up", "Bring an environment up: its stacks, in order.", "modelway.cli.up"),
    Verb("apply", "Bring a stack up as a reviewed plan says.", "modelway.cli.apply"),
    Verb("release", "What was released, by whom, and what was live when.", "modelway.cli.release"),
    Verb("gates", "What a release still needs, and how to supply it.", "modelway.cli.gates"),
    Verb("approve", "Approve what a model is described to do, signed.", "modelway.cli.approve"),
    Verb("break-glass", "Let a stack pass its gates for a few hours, signed.", "modelway.cli.break_glass"),
    Verb("lineage", "From data to endpoints, and back.", "modelway.cli.lineage"),
    Verb("bom", "Write the ML bill of materials of an endpoint.", "modelway.cli.bom"),
    Verb("card", "Write the model card of a version.", "modelway.cli.card"),
    Verb("inventory", "List AI systems, and whether all of them is tagged.", "modelway.cli.inventory"),
    Verb("governance", "Evidence for the NIST AI RMF, and its proofs.", "modelway.cli.governance"),
    Verb("audit", "Write what an auditor asks for, with a verifier.", "modelway.cli.audit"),
    Verb("stop", "Stop a model: nobody, or its fallback, answers.", "modelway.cli.stop"),
    Verb("retire", "Retire a model in two steps, with a record.", "modelway.cli.retire"),
    Verb("ask", "Ask a model what its contract's sample asks.", "modelway.cli.ask"),
    Verb("dashboards", "Write dashboards, or put them into Managed Grafana.", "modelway.cli.dashboards"),
    Verb("destroy", "Take an environment down: its stacks, in reverse order.", "modelway.cli.destroy"),
    Verb("adopt", "Write import files for what is there already.", "modelway.cli.adopt"),
    Verb("recover", "Go on after a run that was killed.", "modelway.cli.recover"),
    Verb("publish", "Put images and weights in their place, by digest.", "modelway.cli.publish"),
    Verb("kubeconfig", "Print a kubeconfig for an environment's own clusters.", "modelway.cli.kubeconfig"),
    Verb("kube-token", "Print a token for an EKS cluster, as kubectl asks for it.", "modelway.cli.kube_token"),
    Verb("local", "The cloud on a laptop: up, status, env, logs, down.", "modelway.cli.local"),
    Verb("doctor", "Say what this machine has, lacks, and needs.", "modelway.cli.doctor"),
)


def main(arguments: list[str] | None = None) -> None:
    """Runs `modelway` with `arguments` (default: those of the process) and ends the process with the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    # Or pydantic reads the metadata of every package that is installed, to find plugins; and what is valid would depend on them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # What imports make stays; looking through it for garbage is a tenth of a short verb's time.
    gc.set_threshold(50_000)
    try:
        try:
            _application(_verb_of(given))(args=given, prog_name="modelway")
        finally:
            # Here and not when the interpreter ends: only here can a closed pipe still be answered.
            sys.stdout.flush()
    except ModelwayError as fault:
        from modelway.escaping import line

        # It may quote what somebody else wrote, which must not move the cursor or colour anything.
        typer.echo("\n".join(line(text) for text in str(fault).split("\n")), err=True)
        sys.exit(fault.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read has gone. Nothing is left to say, and the interpreter must not try again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _application(called: str | None) -> typer.Typer:
    """All verbs for the help; only the one that is called is imported."""
    app = typer.Typer(
        help="Machine-learning models in production, described as data.",
        no_args_is_help=True,
        add_completion=False,
        # Plain help and plain tracebacks: rich takes as long to import as everything else here together.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for verb in VERBS:
        if verb.name != called:
            app.command(verb.name, help=verb.help)(_listed)
            continue
        module = import_module(verb.module)
        if hasattr(module, "app"):
            app.add_typer(module.app, name=verb.name)
        else:
            app.command(verb.name)(module.command)
    return app


def _verb_of(arguments: list[str]) -> str | None:
    """The first argument that is no option; no option before the verb takes a value."""
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"modelway {version('modelway')}")
        except PackageNotFoundError:
            raise ModelwayError("modelway is not installed in this environment, so it has no version: run `make setup`.") from None
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_show_version)] = False,
) -> None:
    """The options of `modelway` itself."""


def _listed() -> None:
    """Stands for a verb in the help; never runs, because a verb that is called is imported."""
