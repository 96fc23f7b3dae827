-- One row per service that others depend on and stretch of time in which it is not simply up: maintenance, else the
-- worst kind of trouble. Unlike fct_outage, maintenance beats what fails within it, as it does for the service itself.
{% set kinds = ['outage', 'partial', 'degraded'] %}
{% set parties = ['provider', 'unattributed', 'supplier', 'third_party', 'customer'] %}
{% set lane_names = ['maintenance'] %}
{% for kind in kinds %}
    {% for party in parties %}{% do lane_names.append(kind ~ '_' ~ party) %}{% endfor %}
{% endfor %}

with members as (
    select distinct member_service_id as service_id from {{ ref('stg_agreements__service_failure_sets') }}
),

evidence as (
    select evidence.*
    from {{ ref('int_outage_evidence') }} as evidence
    inner join members on evidence.service_id = members.service_id
    where evidence.kind <> 'unmeasured'
),

ongoing as (
    select distinct service_id from evidence where is_open and to_at = {{ as_of() }}
),

lanes as (
    select
        service_id,
        from_at,
        to_at,
        case
            when kind = 'maintenance' then kind else kind || '_' || coalesce(attributed_to, 'unattributed')
        end as lane
    from evidence
),

swept as (
    {{ sweep('lanes', ['service_id'], lane_names) }}
),

classified as (
    select
        service_id,
        from_at,
        to_at,
        case
            when maintenance_count > 0 then 'maintenance'
            {% for kind in kinds %}
                when {{ lane_counts(kind, parties) }} > 0 then '{{ kind }}'
            {% endfor %}
        end as kind,
        case
            when maintenance_count > 0 then 'unattributed'
            {% for kind in kinds %}
                {% for party in parties %}
                    when {{ kind }}_{{ party }}_count > 0 then '{{ party }}'
                {% endfor %}
            {% endfor %}
        end as party
    from swept
    where to_at is not null
),

final as (
    select
        classified.service_id,
        classified.from_at,
        classified.to_at,
        classified.kind,
        nullif(classified.party, 'unattributed') as attributed_to,
        classified.to_at = {{ as_of() }} and ongoing.service_id is not null as is_open
    from classified
    left join ongoing on classified.service_id = ongoing.service_id
    where classified.kind is not null
)

select * from final
