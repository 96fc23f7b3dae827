"""What the people who opened tickets say afterwards.

Belongs here: invitations and answers of the survey after each ticket.
Does not belong here: the monthly pulse (`relationship`).
Sits after `tickets`.
"""

import numpy as np

from examples.acme import company, rhythms
from examples.acme.desk_time import HOUR
from examples.acme.tables import NEVER, Surveys, Tickets
from examples.acme.tickets import Uniforms, picked, seconds

AFTER_TICKET = "after-ticket"
ITEMS = ("csat", "effort", "promptness", "professionalism", "accuracy", "friendliness", "honesty", "empathy")
STREAM = 2
LONG_SECONDS = 400 * HOUR

# Shares of the scores 1 to 5 where targets are met and people are unhappy: quick, polite, and of little help.
UNHAPPY_SCORES: dict[str, tuple[float, ...]] = {
    "csat": (0.22, 0.25, 0.20, 0.20, 0.13),
    "effort": rhythms.HARD_SCORES,
    "promptness": (0.03, 0.04, 0.08, 0.40, 0.45),
    "professionalism": (0.10, 0.20, 0.25, 0.30, 0.15),
    "accuracy": (0.25, 0.30, 0.20, 0.15, 0.10),
    "friendliness": (0.05, 0.10, 0.20, 0.40, 0.25),
    "honesty": (0.20, 0.25, 0.25, 0.20, 0.10),
    "empathy": (0.30, 0.30, 0.20, 0.12, 0.08),
}
# Shares of the scores of people who are content, who waited long, and who are unhappy all the same.
SHARES: dict[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    item: (
        (rhythms.EASY_SCORES, rhythms.HARD_SCORES, UNHAPPY_SCORES[item])
        if item == "effort"
        else (rhythms.CONTENT_SCORES, rhythms.WAITED_LONG_SCORES, UNHAPPY_SCORES[item])
    )
    for item in ITEMS
}


def draw_surveys(day: int, seed: int, tickets: Tickets, last_team: np.ndarray) -> Surveys:
    """Invitations for the day's tickets, with their answers where there will be any. `last_team`: who solved it."""
    uniform = Uniforms(seed, STREAM, day, len(tickets))
    is_invited = uniform.below(rhythms.INVITATION_SHARE) & (tickets.resolved != NEVER)
    is_delivered = uniform.below(rhythms.DELIVERED_SHARE)
    is_answered = uniform.below(rhythms.ANSWER_SHARE) & is_delivered
    sent = tickets.resolved + HOUR
    responded = sent + seconds(uniform.quantile(rhythms.ANSWER_LEVELS, rhythms.ANSWER_HOURS))
    mood, own = uniform.column(), uniform.columns(len(ITEMS))
    follows_mood = uniform.columns(len(ITEMS)) < 0.6  # answers of one person resemble each other
    is_unhappy = (tickets.service == company.RECORDS) & (tickets.customer == company.HOSPITALS)
    took_long = tickets.resolved - tickets.opened > LONG_SECONDS
    scores = np.zeros((len(tickets), len(ITEMS)), dtype=np.int16)
    for column, item in enumerate(ITEMS):
        level = np.where(follows_mood[:, column], mood, own[:, column])
        content, waited, unhappy = SHARES[item]
        chosen = np.where(took_long, picked(waited, level), picked(content, level))
        scores[:, column] = 1 + np.where(is_unhappy, picked(unhappy, level), chosen)
    scores[~is_answered] = 0
    return Surveys(
        day=tickets.day,
        number=tickets.number,
        customer=tickets.customer,
        service=tickets.service,
        team=last_team.astype(np.int16),
        sent=sent,
        is_delivered=is_delivered,
        responded=np.where(is_answered, responded, NEVER),
        scores=scores,
    ).take(is_invited)
