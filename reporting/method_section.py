"""How far the figures can be trusted, and how each was measured.

Belongs here: data quality, definitions, and the contested choices in force, in plain words.
Does not belong here: the wording of single policies (`policies`), of targets and hours (compiled with the agreements).
Used by `pages`.
"""

from collections import Counter

from reporting import policies, wording
from reporting.context import PageContext, is_clock
from reporting.experience_section import page_experience
from reporting.model import Definition, MethodSection, QualitySection
from reporting.queries import Agreement, FailedCheck

_UNMATCHED = {
    "unknown_customer": "whose customer no document declares",
    "unknown_service": "on a service that no document declares",
    "no_agreement": "that no agreement in force covers",
    "no_target": "that no target of the agreement admits",
}


# Checks that are about the night of the release: they say nothing of a period that was closed before.
_OF_THE_NIGHT = frozenset({"freshness", "late_data", "drift"})


def certificate_note(passed: int, failed: int) -> str:
    """The certificate in a phrase."""
    if passed + failed == 0:
        return "no checks recorded"
    if failed == 0:
        return f"all {wording.counted(passed, 'check')} passed"
    warnings = "a warning" if failed == 1 else "warnings"
    return f"{wording.counted(passed, 'check')} passed, {failed:,} failed as {warnings}"


# Data quality


def quality(context: PageContext, failed: list[FailedCheck]) -> QualitySection:
    """What the certificate says to this customer, and what the page could not count.

    How much was read is not told here: sources and loads are those of all customers (`quality_page` has them).
    """
    release, edition = context.release, context.edition
    certificate = f"{release.release_id}: {certificate_note(release.passed_count, release.failed_count)}"
    if edition is not None:
        certificate = (
            f"{edition.release_id}: no critical check failed, or it would not have been published. The figures have"
            " not changed since; whether what they rest on is still in order is on the pages of the running period"
        )
        failed = [check for check in failed if check.kind not in _OF_THE_NIGHT]
    return QualitySection(
        [f"Certificate of release {certificate}.", *_ticket_sentences(context)],
        [_warning(check) for check in failed],
    )


def _ticket_sentences(context: PageContext) -> list[str]:
    """On tickets of this customer opened in the period."""
    start, end = context.bounds(context.zone)
    reasons = Counter(ticket.reason for ticket in context.facts.noted_tickets if start <= ticket.opened_at < end)
    quarantined = reasons.pop("quarantined_events", 0)
    sentences = []
    unmatched = sum(reasons.values())
    if unmatched:
        parts = [f"{count:,} {_UNMATCHED.get(reason, reason)}" for reason, count in sorted(reasons.items())]
        sentences.append(
            f"{wording.counted(unmatched, 'ticket')} opened in this period {'is' if unmatched == 1 else 'are'} "
            f"measured by no target: {wording.listed(parts)}."
        )
    elif any(is_clock(figure.metric) for figure in context.figures):
        sentences.append("Every ticket of this customer opened in this period is measured by a target.")
    if quarantined:
        sentences.append(
            f"{wording.counted(quarantined, 'ticket')} opened in this period {'has' if quarantined == 1 else 'have'} "
            "events in quarantine; the clocks run as if those had not been written."
        )
    return sentences


def _warning(check: FailedCheck) -> str:
    what = check.description or "A check without a description"
    facts = [f"{word} {text}" for word, text in (("observed:", check.observed), ("allowed:", check.bounds)) if text]
    return f"{check.table_name}: {what.rstrip('.')}" + (f" ({'; '.join(facts)})." if facts else ".")


# How measured


def method(context: PageContext) -> MethodSection:
    """Definitions and choices in force, each once."""
    return MethodSection(
        _general(context),
        _metrics(context),
        _targets(context),
        _policies(context),
        _calendars(context),
        _signatories(context),
    )


def _metrics_shown(context: PageContext) -> list[str]:
    metrics = {figure.metric.partition(":")[0] for figure in context.figures}
    metrics |= {row.kind for row in page_experience(context) if row.kind in ("csat", "nps", "ces")}
    return sorted(metrics, key=lambda metric: (wording.METRIC_ORDER.get(metric, len(wording.METRIC_ORDER)), metric))


def _general(context: PageContext) -> list[str]:
    sentences = []
    if context.figures:
        sentences.append(
            "A result is what met its target out of all that counted. Whether a target is met is decided on these two "
            "whole numbers; the printed percentage is cut off, never rounded up, so a miss never reads as the target."
        )
        sentences.append("Where nothing was counted, the page says so; no percentage is made up.")
    if context.zones:
        sentences.append(
            f"Days and periods are those of {wording.listed(context.zones)}; instants are told on the clocks of "
            f"{context.zone}."
        )
    shown = {kind for kind in _metrics_shown(context) if kind != "availability"}
    if shown:
        sentences.append(policies.INTERVAL)
    return sentences


def _metrics(context: PageContext) -> list[Definition]:
    definitions = []
    for metric in _metrics_shown(context):
        known = context.dimensions.metrics.get(metric)
        if known is not None:
            name = "Survey question" if metric == "survey_item" else wording.metric_name(metric)
            definitions.append(Definition(name, [known.plain_text, f"Counted as: {known.formula}."]))
    return definitions


def _targets(context: PageContext) -> list[Definition]:
    """Each target once; where versions of the agreement say different things, each version's words."""
    is_agreement_named = len({agreement.agreement_id for agreement in context.agreements}) > 1
    texts: dict[tuple[str, str], dict[tuple[str, ...], list[int]]] = {}
    for figure in context.figures:
        target = context.dimensions.targets.get((figure.agreement_id, figure.agreement_version, figure.target_id))
        if target is None:
            continue
        sentences = (target.description, *(["Each service is judged on its own."] if target.per == "service" else []))
        versions = texts.setdefault((figure.agreement_id, figure.target_id), {}).setdefault(sentences, [])
        if figure.agreement_version not in versions:
            versions.append(figure.agreement_version)
    definitions = []
    for (agreement_id, target_id), by_sentences in texts.items():
        term = wording.target_name(target_id)
        if is_agreement_named:
            term += f", {_display_name(context, agreement_id)}"
        for sentences, versions in by_sentences.items():
            named = _version_words(versions) if len(by_sentences) > 1 else ""
            definitions.append(Definition(f"{term}{named}", list(sentences)))
    return definitions


def _version_words(versions: list[int]) -> str:
    word = "version" if len(versions) == 1 else "versions"
    return f", {word} {wording.listed([str(version) for version in sorted(versions)])}"


def _display_name(context: PageContext, agreement_id: str) -> str:
    return next(row.display_name for row in context.agreements if row.agreement_id == agreement_id)


def _policies(context: PageContext) -> list[Definition]:
    """The choices of each agreement once; where versions chose differently, each version's."""
    texts: dict[str, dict[tuple[str, ...], list[int]]] = {}
    for agreement in context.agreements:
        metrics = {figure.metric for figure in context.figures if figure.agreement_id == agreement.agreement_id}
        sentences = tuple(_sentences(agreement, metrics))
        texts.setdefault(agreement.agreement_id, {}).setdefault(sentences, []).append(agreement.agreement_version)
    return [
        Definition(
            _display_name(context, agreement_id) + (_version_words(versions) if len(by_sentences) > 1 else ""),
            list(sentences),
        )
        for agreement_id, by_sentences in texts.items()
        for sentences, versions in by_sentences.items()
    ]


def _sentences(agreement: Agreement, metrics: set[str]) -> list[str]:
    sentences = []
    if any(is_clock(metric) for metric in metrics):
        sentences += policies.ticket_policies(agreement)
    if "time_to_first_response" in metrics:
        sentences.append(policies.first_response_policy(agreement))
    if "availability" in metrics:
        sentences += policies.availability_policies(agreement)
    return sentences + policies.general_policies(agreement)


def _calendars(context: PageContext) -> list[Definition]:
    used = set()
    for figure in context.figures:
        target = context.dimensions.targets.get((figure.agreement_id, figure.agreement_version, figure.target_id))
        if target is not None and target.calendar_id is not None:
            used.add(target.calendar_id)
    definitions = []
    for calendar_id in sorted(used):
        calendar = context.dimensions.calendars.get(calendar_id)
        if calendar is None:
            continue
        hours = "Around the clock." if calendar.is_always_open else f"{wording.sentence_case(calendar.hours_text)}."
        texts = [hours]
        if calendar.version_count > 1:
            texts.append(f"The latest of {calendar.version_count} versions; each holds from its own day.")
        definitions.append(Definition(wording.sentence_case(calendar.display_name), texts))
    return definitions


def _signatories(context: PageContext) -> list[str]:
    providers = sorted({agreement.provider_id for agreement in context.agreements})
    customer = context.dimensions.customers.get(context.key.customer_id, context.key.customer_id)
    return [f"For {party}" for party in [*providers, customer]]
