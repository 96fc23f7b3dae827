-- Grain: customer.
select customer_id, display_name, time_zone, language from {{ ref('stg_agreements__customers') }}
