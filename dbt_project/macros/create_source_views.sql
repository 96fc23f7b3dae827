{# Every source is a folder of Parquet files below the home; it is given a name in the build database before the
   models run, so that the manifest holds no path and models see ordinary relations. #}
{% macro create_source_views() %}
    {% if execute %}
        {% set root = env_var('SLM_BUILD_INPUTS', '') | replace("'", "''") %}
        {% if root %}
            {% for node in graph.sources.values() | sort(attribute='unique_id') %}
                {% set files = node.meta['files'] or node.config.meta['files'] %}
                {% do run_query('create schema if not exists ' ~ node.schema) %}
                {% do run_query(
                    'create or replace view ' ~ node.schema ~ '.' ~ node.identifier
                    ~ " as select * from read_parquet('" ~ root ~ '/' ~ files ~ "', union_by_name = true)"
                ) %}
            {% endfor %}
        {% endif %}
    {% endif %}
{% endmacro %}
