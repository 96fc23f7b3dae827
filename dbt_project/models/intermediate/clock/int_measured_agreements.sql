-- One row per agreement version that is measured, with a number to join by. story_number: versions of one story follow
-- one another on a ticket, versions of different stories know nothing of each other: the SLAs are one story (1), the
-- OLAs of each team one each, the UCs one (where two of them cover a service at one time, validation refuses them).
with agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured
),

told as (
    select
        *,
        case when agreement_type = 'OLA' then provider_id end as team_id,
        case agreement_type when 'SLA' then '1' when 'UC' then '2' else '3 ' || provider_id end as story
    from agreements
),

-- The SLAs come first, and are there even if nobody has one: a ticket that matches none is listed.
final as (
    select
        cast(row_number() over (order by agreement_id, agreement_version) as integer) as agreement_number,
        case
            when agreement_type = 'SLA' then 1
            else cast(dense_rank() over (order by case when agreement_type <> 'SLA' then story end nulls last) as integer) + 1
        end as story_number,
        agreement_id,
        agreement_version,
        agreement_type,
        consumer_id,
        team_id,
        covers_all_services,
        valid_from_epoch,
        valid_to_epoch,
        time_zone,
        period_type,
        attribution,
        reopen_mode,
        reopen_window_days,
        priority_change,
        no_reply
    from told
)

select * from final
