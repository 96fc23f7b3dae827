"""Tables as others have landed them: their rows, and how many records each raw feed then has, counted in the tables."""

from dataclasses import dataclass

ZENDESK = """
    create table organization (id bigint, name varchar, _fivetran_synced timestamptz);
    create table "group" (id bigint, name varchar, _fivetran_synced timestamptz);
    create table ticket (id bigint, status varchar, type varchar, requester_id bigint, via_channel varchar,
        problem_id bigint, created_at timestamptz, _fivetran_deleted boolean, _fivetran_synced timestamptz);
    create table ticket_field_history (ticket_id bigint, field_name varchar, updated timestamptz, user_id bigint,
        value varchar, _fivetran_synced timestamptz);
    create table ticket_comment (id bigint, ticket_id bigint, user_id bigint, public boolean, created timestamptz,
        _fivetran_synced timestamptz);
    create table satisfaction_rating (id bigint, ticket_id bigint, requester_id bigint, assignee_id bigint,
        group_id bigint, score varchar, created_at timestamptz, updated_at timestamptz, comment varchar, reason varchar,
        _fivetran_synced timestamptz);
    insert into satisfaction_rating values
        (51, 1, 71, 72, 92, 'offered', '2026-03-03 10:00:00+00', '2026-03-03 10:00:00+00', null, null,
         '2026-03-03 12:00:00+00'),
        (52, 1, 71, 72, 92, 'good', '2026-03-03 11:00:00+00', '2026-03-03 11:00:00+00', 'Thanks', null,
         '2026-03-03 12:00:00+00'),
        (53, 2, 71, null, null, 'offered', '2026-03-03 10:00:00+00', '2026-03-03 10:00:00+00', null, null,
         '2026-03-03 12:00:00+00'),
        (54, 2, 71, null, null, 'unoffered', '2026-03-02 10:00:00+00', '2026-03-02 10:00:00+00', null, null,
         '2026-03-03 12:00:00+00');
    insert into organization values (81, 'Acme', '2026-03-03 00:00:00+00');
    insert into "group" values (91, 'Desk', '2026-03-03 00:00:00+00'), (92, 'Apps', '2026-03-03 00:00:00+00');
    insert into ticket values
        (1, 'solved', 'incident', 71, 'email', null, '2026-03-02 10:00:00+00', false, '2026-03-03 00:00:00+00'),
        (2, 'open', null, 71, 'web', null, '2026-03-02 10:00:00+00', false, '2026-03-03 00:00:00+00');
    insert into ticket_field_history values
        (1, 'status', '2026-03-02 10:00:00+00', 71, 'new', '2026-03-03 00:00:00+00'),
        (1, 'priority', '2026-03-02 10:00:00+00', 71, 'normal', '2026-03-03 00:00:00+00'),
        (1, 'organization_id', '2026-03-02 10:00:00+00', 71, '81', '2026-03-03 00:00:00+00'),
        (1, 'brand_id', '2026-03-02 10:00:00+00', 71, '61', '2026-03-03 00:00:00+00'),
        (1, 'group_id', '2026-03-02 10:00:00+00', 71, '91', '2026-03-03 00:00:00+00'),
        (1, 'priority', '2026-03-02 10:30:00+00', 72, 'urgent', '2026-03-03 00:00:00+00'),
        (1, 'group_id', '2026-03-02 10:30:00+00', 72, '92', '2026-03-03 00:00:00+00'),
        (1, 'status', '2026-03-02 11:00:00+00', 72, 'pending', '2026-03-03 00:00:00+00'),
        (1, 'status', '2026-03-02 14:00:00+00', -1, 'solved', '2026-03-03 00:00:00+00'),
        (2, 'status', '2026-03-02 10:00:00+00', 71, 'open', '2026-03-03 00:00:00+00'),
        (2, 'organization_id', '2026-03-02 10:00:00+00', 71, '81', '2026-03-03 00:00:00+00'),
        (2, 'brand_id', '2026-03-02 10:00:00+00', 71, '61', '2026-03-03 00:00:00+00');
    insert into ticket_comment values
        (11, 1, 71, true, '2026-03-02 10:00:00+00', '2026-03-03 00:00:00+00'),
        (12, 1, 72, true, '2026-03-02 10:30:00+00', '2026-03-03 00:00:00+00'),
        (13, 1, 71, true, '2026-03-02 12:00:00+00', '2026-03-03 00:00:00+00');
"""
SERVICENOW = """
    create table incident (sys_id varchar, caller_id_value varchar, category varchar, parent_incident_value varchar,
        hold_reason bigint, reopen_count bigint, resolved_at timestamp, sys_updated_on timestamp,
        _fivetran_deleted boolean, _fivetran_synced timestamptz);
    create table task (sys_id varchar, number varchar, sys_class_name varchar, company_value varchar,
        business_service_value varchar, priority bigint, opened_at timestamp, closed_at timestamp,
        sys_updated_on timestamp, assignment_group_value varchar, contact_type varchar, state bigint, made_sla boolean,
        reassignment_count bigint, _fivetran_synced timestamptz);
    create table sys_audit (sys_id varchar, tablename varchar, documentkey varchar, fieldname varchar, oldvalue varchar,
        newvalue varchar, record_checkpoint bigint, sys_created_on timestamp, sys_created_by varchar,
        _fivetran_synced timestamptz);
    create table sys_user (sys_id varchar, user_name varchar);
    create table task_sla (sys_id varchar, task_value varchar, has_breached boolean, _fivetran_synced timestamptz);
    create table sys_user_group (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    create table core_company (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    create table cmdb_ci_service (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    insert into incident values
        ('a1', 'u1', 'software', null, null, 0, '2026-03-02 14:00:00', '2026-03-02 14:00:00', false,
         '2026-03-03 00:00:00+00'),
        ('a2', 'u1', 'software', null, null, 0, null, '2026-03-02 10:00:00', true, '2026-03-03 00:00:00+00');
    insert into task values
        ('a1', 'INC1', 'incident', 'c1', 's1', 1, '2026-03-02 10:00:00', null, '2026-03-02 14:00:00', 'g1', 'email', 6,
         true, 0, '2026-03-03 00:00:10+00'),
        ('a2', 'INC2', 'incident', 'c1', 's1', 3, '2026-03-02 10:00:00', null, '2026-03-02 10:00:00', 'g1', 'email', 2,
         true, 0, '2026-03-03 00:00:10+00'),
        ('p1', 'PRB1', 'problem', 'c1', 's1', 3, '2026-03-02 10:00:00', null, '2026-03-02 10:00:00', 'g1', 'email', 2,
         true, 0, '2026-03-03 00:00:10+00');
    insert into sys_audit values
        ('b1', 'incident', 'a1', 'priority', '3', '1', 1, '2026-03-02 10:30:00', 'bob', '2026-03-03 00:00:00+00'),
        ('b2', 'incident', 'a1', 'comments', '', 'Nine.', 2, '2026-03-02 11:00:00', 'ann', '2026-03-03 00:00:00+00'),
        ('b3', 'incident', 'a1', 'state', '1', '6', 3, '2026-03-02 14:00:00', 'bob', '2026-03-03 00:00:00+00'),
        ('b4', 'problem', 'p1', 'state', '1', '6', 3, '2026-03-02 14:00:00', 'bob', '2026-03-03 00:00:00+00');
    insert into sys_user values ('u1', 'ann');
    insert into task_sla values ('t1', 'a1', false, '2026-03-03 00:00:00+00');
    insert into sys_user_group values ('g1', 'Desk', '2026-03-03 00:00:00+00');
    insert into core_company values ('c1', 'Acme', '2026-03-03 00:00:00+00');
    insert into cmdb_ci_service values ('s1', 'Mail', '2026-03-03 00:00:00+00');
"""
ICINGA = """
    create table icinga_objects (object_id bigint, name1 varchar, name2 varchar);
    create table icinga_statehistory (statehistory_id bigint, object_id bigint, state_time timestamp, state smallint,
        state_type smallint);
    create table icinga_downtimehistory (downtimehistory_id bigint, object_id bigint, entry_time timestamp,
        comment_data varchar, is_fixed smallint, was_started smallint, was_cancelled smallint,
        scheduled_start_time timestamp, scheduled_end_time timestamp, actual_start_time timestamp,
        actual_end_time timestamp);
    insert into icinga_objects values (1, 'web1', null), (2, 'web1', 'http'), (3, 'web2', null);
    insert into icinga_statehistory values
        (9, 1, '2026-03-02 09:00:00', 0, 1), (10, 2, '2026-03-02 09:00:00', 0, 1),
        (11, 2, '2026-03-02 10:00:00', 2, 0), (12, 2, '2026-03-02 10:01:00', 2, 1),
        (13, 2, '2026-03-02 10:30:17', 0, 1), (14, 3, '2026-03-02 11:00:00', 2, 1);
    insert into icinga_downtimehistory values
        (1, 2, '2026-03-01 09:00:00', 'Patching', 1, 1, 0, '2026-03-05 01:00:00', '2026-03-05 03:00:00',
         '2026-03-05 01:00:30', '2026-03-05 03:00:45'),
        (2, 2, '2026-03-01 09:00:00', 'Called off', 1, 0, 1, '2026-03-06 01:00:00', '2026-03-06 03:00:00',
         '2026-03-06 01:00:00', '2026-03-01 10:00:00'),
        (3, 2, '2026-03-01 09:00:00', 'Cut short', 1, 1, 1, '2026-03-07 01:00:00', '2026-03-07 03:00:00',
         '2026-03-07 01:00:00', '2026-03-07 02:00:00'),
        (4, 2, '2026-03-01 09:00:00', 'Never needed', 0, 0, 0, '2026-03-08 01:00:00', '2026-03-08 03:00:00', null,
         null),
        (5, 2, '2026-03-01 09:00:00', 'Triggered', 0, 1, 0, '2026-03-08 01:00:00', '2026-03-08 05:00:00',
         '2026-03-08 02:10:00', '2026-03-08 03:10:30'),
        (6, 2, '2026-03-01 09:00:00', 'Triggered, still on', 0, 1, 0, '2026-03-09 20:00:00', '2026-03-10 20:00:00',
         '2026-03-09 22:00:00', null),
        (7, 2, '2026-03-01 09:00:00', 'Not wanted', 0, 0, 1, '2026-03-09 01:00:00', '2026-03-09 05:00:00', null,
         null);
"""


@dataclass(frozen=True)
class Tables:
    """SQL that makes the tables, and per raw feed SQL that counts its records."""

    content: str
    counts: dict[str, str]


def _whole(*names: str) -> dict[str, str]:
    return {name: f'select count(*) from "{table}"' for name, _, table in (text.partition("=") for text in names)}


TABLES = {
    "fivetran_zendesk": Tables(
        ZENDESK,
        _whole(
            "organization=organization",
            "group=group",
            "ticket=ticket",
            "history=ticket_field_history",
            "comment=ticket_comment",
            "satisfaction_rating=satisfaction_rating",
        ),
    ),
    "fivetran_servicenow": Tables(
        SERVICENOW,
        {
            **_whole(
                "incident=incident",
                "task_sla=task_sla",
                "group=sys_user_group",
                "company=core_company",
                "service=cmdb_ci_service",
            ),
            "audit": "select count(*) from sys_audit where tablename = 'incident'",
            "deletion": "select count(*) from incident where _fivetran_deleted",
        },
    ),
    "icinga": Tables(
        ICINGA,
        {
            "states": "select count(*) from icinga_statehistory where state_type = 1",
            "downtimes": "select count(*) from icinga_downtimehistory",
        },
    ),
}
