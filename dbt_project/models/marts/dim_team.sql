-- Grain: team.
select team_id, display_name from {{ ref('stg_agreements__teams') }}
