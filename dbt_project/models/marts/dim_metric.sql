-- Grain: metric, with its formula and a sentence that a reader outside IT understands.
select metric, unit, better, formula, plain_text from {{ ref('metrics') }}
