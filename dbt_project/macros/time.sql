{# Integer seconds are the only time the models calculate with; these macros are the border to SQL's own types. #}

{# What the build was told, from its environment. Read only while a model runs: a value read while parsing would make
   dbt parse the whole project anew whenever it changed. #}
{% macro build_setting(name, while_parsing) -%}
    {% if execute %}{{ return(env_var(name)) }}{% else %}{{ return(while_parsing) }}{% endif %}
{%- endmacro %}

{# The instant the build speaks for, UTC epoch seconds. No model reads the clock. #}
{% macro as_of() -%}
    cast({{ build_setting('SLM_AS_OF_EPOCH', '0') }} as bigint)
{%- endmacro %}

{# First day of the first period that the project publishes. #}
{% macro first_period_start() -%}
    cast('{{ build_setting('SLM_FIRST_PERIOD_START', '0001-01-01') }}' as date)
{%- endmacro %}

{# Zone and type of the reporting periods of figures that belong to no agreement. #}
{% macro project_time_zone() -%}
    '{{ build_setting('SLM_PROJECT_TIME_ZONE', 'UTC') }}'
{%- endmacro %}

{% macro project_period_type() -%}
    '{{ build_setting('SLM_PROJECT_PERIOD_TYPE', 'month') }}'
{%- endmacro %}

{% macro epoch_seconds(instant) -%}{{ return(adapter.dispatch('epoch_seconds')(instant)) }}{%- endmacro %}
{% macro default__epoch_seconds(instant) -%}(epoch_us({{ instant }}) // 1000000){%- endmacro %}
{% macro spark__epoch_seconds(instant) -%}unix_seconds({{ instant }}){%- endmacro %}

{% macro utc_timestamp(epoch) -%}{{ return(adapter.dispatch('utc_timestamp')(epoch)) }}{%- endmacro %}
{% macro default__utc_timestamp(epoch) -%}make_timestamp(cast({{ epoch }} as bigint) * 1000000){%- endmacro %}
{% macro spark__utc_timestamp(epoch) -%}timestamp_seconds({{ epoch }}){%- endmacro %}

{% macro floor_div(numerator, divisor) -%}{{ return(adapter.dispatch('floor_div')(numerator, divisor)) }}{%- endmacro %}
{% macro default__floor_div(numerator, divisor) -%}(({{ numerator }}) // ({{ divisor }})){%- endmacro %}
{% macro spark__floor_div(numerator, divisor) -%}(({{ numerator }}) div ({{ divisor }})){%- endmacro %}

{% macro utc_day(epoch) -%}
    cast({{ floor_div(epoch, 86400) }} as integer)
{%- endmacro %}

{# One row per integer from first to last, both included: the only row generator the models use. #}
{% macro integers_between(first, last) -%}{{ return(adapter.dispatch('integers_between')(first, last)) }}{%- endmacro %}
{% macro default__integers_between(first, last) -%}unnest(range({{ first }}, {{ last }} + 1)){%- endmacro %}
{% macro spark__integers_between(first, last) -%}explode(sequence({{ first }}, {{ last }})){%- endmacro %}

{# Later than anything: 10000-01-01T00:00:00Z, for ends that nobody has agreed yet. #}
{% macro end_of_time() -%}
    cast(253402300800 as bigint)
{%- endmacro %}
