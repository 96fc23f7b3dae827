-- Grain: reported outage or maintenance, or unbroken run of checks of one state in one file, with the time for which it
-- speaks of its service. Runs keep the table small: a monitor that finds a service up all day has one row and not 1,440.
-- ended_at is null for what lasts at as_of.
with outages as (
    select * from {{ ref('stg_feeds__outages') }} where started_epoch <= {{ as_of() }}
),

checks as (
    select * from {{ ref('int_check_states') }}
),

compared as (
    select
        *,
        case
            when
                from_at = lag(holds_until_at) over monitor
                and kind = lag(kind) over monitor
                and load_id = lag(load_id) over monitor
                and file = lag(file) over monitor
                then 0
            else 1
        end as is_new
    from checks
    window monitor as (partition by source, service_id order by from_at)
),

numbered as (
    select
        *,
        sum(is_new) over (partition by source, service_id order by from_at) as run_number
    from compared
),

runs as (
    select
        service_id,
        min(from_at) as from_at,
        max(holds_until_at) as to_at,
        max(case when is_last and holds_until_at = next_at then 1 else 0 end) = 1 as is_open,
        kind,
        max(from_at) as last_from_at,
        source,
        raw_feed,
        load_id,
        file,
        min(line) as line,
        max(line) as last_line,
        count(*) as record_count
    from numbered
    group by service_id, kind, source, raw_feed, load_id, file, run_number
),

-- An incident that names one component twice is one record all the same.
final as (
    select distinct
        service_id,
        {{ utc_timestamp('started_epoch') }} as started_at,
        case when ended_epoch <= {{ as_of() }} then {{ utc_timestamp('ended_epoch') }} end as ended_at,
        kind,
        'outage' as record_kind,
        outage_id as record_key,
        outage_id as last_record_key,
        source,
        raw_feed as feed,
        load_id,
        file,
        line,
        line as last_line,
        cast(1 as bigint) as record_count
    from outages
    union all
    select
        service_id,
        {{ utc_timestamp('from_at') }} as started_at,
        case when not is_open then {{ utc_timestamp('to_at') }} end as ended_at,
        kind,
        'check' as record_kind,
        cast({{ utc_timestamp('from_at') }} as {{ dbt.type_string() }}) as record_key,
        cast({{ utc_timestamp('last_from_at') }} as {{ dbt.type_string() }}) as last_record_key,
        source,
        raw_feed as feed,
        load_id,
        file,
        line,
        last_line,
        record_count
    from runs
)

select * from final
