-- Grain: service.
select service_id, display_name, owner, description from {{ ref('stg_agreements__services') }}
