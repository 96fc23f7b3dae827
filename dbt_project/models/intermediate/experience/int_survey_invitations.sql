-- One row per delivered invitation sent by as_of, with the project's reporting period.
with invitations as (
    select *
    from {{ ref('stg_feeds__survey_invitations') }}
    where sent_epoch <= {{ as_of() }} and coalesce(delivered, true)
),

final as (
    select
        invitations.source,
        invitations.invitation_id,
        invitations.instrument_id,
        invitations.customer_id,
        invitations.service_id,
        periods.period_start
    from invitations
    inner join {{ ref('int_project_periods') }} as periods
        on
            {{ utc_day('invitations.sent_epoch') }} = periods.utc_day
            and invitations.sent_epoch >= periods.from_epoch
            and invitations.sent_epoch < periods.to_epoch
)

select * from final
