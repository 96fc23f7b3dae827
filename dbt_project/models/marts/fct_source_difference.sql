-- Grain: ticket x quantity in which the source says otherwise than its own records show. Values are text, as people read
-- them. Never used in a calculation.
with differences as (
    select * from {{ ref('int_source_comparisons') }} where outcome = 'differs'
),

final as (
    select
        ticket_key,
        source,
        ticket_id,
        quantity,
        case
            when quantity = 'made_sla' then case when our_value = 1 then 'met' else 'breached' end
            when quantity in ('resolved_at', 'closed_at') then cast({{ utc_timestamp('our_value') }} as varchar)
            else cast(our_value as varchar)
        end as our_value,
        case
            when quantity = 'made_sla' then case when source_value = 1 then 'met' else 'breached' end
            when quantity in ('resolved_at', 'closed_at') then cast({{ utc_timestamp('source_value') }} as varchar)
            else cast(source_value as varchar)
        end as source_value,
        case when quantity in ('reopen_count', 'reassignment_count') then cast(source_value - our_value as bigint) end
            as difference_count,
        case when quantity in ('resolved_at', 'closed_at') then cast(source_value - our_value as bigint) end
            as difference_seconds,
        reason
    from differences
)

select * from final
