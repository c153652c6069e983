"""Every bare word that may stand in a statement that runs. What is not here is refused, so the lists need not know what is bad.

Functions that have an effect, wait, read files, speak to the network, or look at settings, sessions and other tables stay out of the lists;
so do SQLite's json_group_array and json_group_object, which take memory without a limit.
"""

from collections.abc import Mapping
from types import MappingProxyType

_KEYWORDS = """
all and any as asc between bigint boolean both by case char collate cross current current_date current_time current_timestamp date day
decimal desc distinct double else end escape except exclude exists false fetch filter first float following for from full group groups
having hour in inner int integer intersect interval is join last lateral leading left like limit minute month natural no not null nulls
numeric offset on only or order others outer over partition preceding quarter range real recursive right row rows second select smallint
some text then ties time timestamp trailing true unbounded union using values varchar week when where window with within year
"""

_FUNCTIONS = """
abs acos asin atan atan2 avg cast ceil ceiling coalesce concat concat_ws cos count cume_dist current_date current_time current_timestamp
degrees dense_rank exp first_value floor grouping lag last_value lead length ln log lower ltrim max min mod nth_value ntile nullif
percent_rank pi pow power radians random rank replace round row_number rtrim sign sin sqrt substr substring sum tan trim upper
"""

_POSTGRES = """
ago array asymmetric at bernoulli bit bool bytea century cube days decade dow doy epoch float4 float8 grouping hours ilike int2 int4
int8 isnull isodow isoyear json jsonb julian local localtime localtimestamp materialized microsecond microseconds millennium millisecond
milliseconds minutes months normalize notnull ordinality overlaps placing precision repeatable rollup seconds sets similar symmetric
system tablesample timestamptz timetz timezone timezone_hour timezone_minute to unknown uuid varying weeks without years zone
"""

_POSTGRES_FUNCTIONS = """
age array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions array_prepend
array_remove array_replace array_to_json array_to_string array_upper ascii bit_and bit_length bit_or bool_and bool_or btrim cardinality
cbrt char_length character_length chr clock_timestamp concat_ws corr covar_pop covar_samp date_bin date_part date_trunc div encode every
extract format gen_random_uuid generate_series generate_subscripts greatest initcap isfinite json_agg json_array_elements
json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text json_extract_path
json_extract_path_text json_object json_object_agg json_object_keys json_strip_nulls json_typeof jsonb_agg jsonb_array_elements
jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
jsonb_extract_path_text jsonb_object jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query
jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours
justify_interval least left log10 lpad make_date make_interval make_time make_timestamp make_timestamptz md5 mode now num_nonnulls
num_nulls octet_length overlay percentile_cont percentile_disc phraseto_tsquery plainto_tsquery position quote_ident quote_literal
regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat reverse right
row_to_json rpad scale sha256 split_part starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
string_to_table strpos timezone to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
transaction_timestamp translate trim_array trunc ts_headline ts_rank ts_rank_cd unnest var_pop var_samp variance version
websearch_to_tsquery width_bucket
"""

_SQLITE = """
binary blob glob indexed match materialized nocase rtrim
"""

_SQLITE_FUNCTIONS = """
acosh asinh atanh bm25 changes char cosh date datetime format glob group_concat hex highlight if ifnull iif instr json json_array
json_array_length json_each json_extract json_insert json_object json_patch json_quote json_remove json_replace json_set json_tree
json_type json_valid julianday like log10 log2 nullif octet_length printf quote sinh snippet strftime string_agg tanh time timediff
total trunc typeof unicode unixepoch
"""

_MYSQL = """
against binary boolean character datetime day_hour day_microsecond day_minute day_second div double dual expansion hour_microsecond
hour_minute hour_second json language longtext materialized mediumtext microsecond minute_microsecond minute_second mod mode precision
query regexp rlike rollup second_microsecond separator signed unsigned utc_date utc_time utc_timestamp utf8mb4 utf8mb4_bin
utf8mb4_general_ci utf8mb4_unicode_ci xor year_month
"""

_MYSQL_FUNCTIONS = """
adddate addtime any_value ascii bin bit_and bit_count bit_length bit_or bit_xor char char_length character_length conv convert
convert_tz cot crc32 curdate curtime date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt
export_set extract field find_in_set format from_days from_unixtime get_format greatest group_concat hex hour if ifnull inet6_ntoa
inet_aton inet_ntoa instr interval is_uuid isnull json_array json_array_append json_arrayagg json_contains json_contains_path json_depth
json_exists json_extract json_insert json_keys json_length json_merge_patch json_merge_preserve json_object json_objectagg json_overlaps
json_pretty json_quote json_remove json_replace json_search json_set json_type json_unquote json_valid json_value last_day lcase least
left localtime localtimestamp locate log10 log2 lpad make_set makedate maketime match md5 median microsecond mid minute month monthname
now oct octet_length ord percentile_cont percentile_disc period_add period_diff position quarter quote rand regexp_instr regexp_like
regexp_replace regexp_substr repeat reverse right rpad sec_to_time second sha1 sha2 soundex space std stddev stddev_pop stddev_samp
str_to_date strcmp subdate substring_index subtime sysdate time time_format time_to_sec timediff timestamp timestampadd timestampdiff
to_days to_seconds truncate ucase unhex unix_timestamp utc_date utc_time utc_timestamp uuid var_pop var_samp variance version week
weekday weekofyear weight_string year yearweek
"""


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


KEYWORDS: Mapping[str, frozenset[str]] = MappingProxyType({
    "sqlite": _words(_KEYWORDS, _SQLITE),
    "postgresql": _words(_KEYWORDS, _POSTGRES),
    "mysql": _words(_KEYWORDS, _MYSQL),
})
"""By dialect: words of the language. None of them is the name of a function with an effect."""

FUNCTIONS: Mapping[str, frozenset[str]] = MappingProxyType({
    "sqlite": _words(_FUNCTIONS, _SQLITE_FUNCTIONS),
    "postgresql": _words(_FUNCTIONS, _POSTGRES_FUNCTIONS),
    "mysql": _words(_FUNCTIONS, _MYSQL_FUNCTIONS),
})
"""By dialect: functions that compute and do nothing else."""

OPERATORS: Mapping[str, frozenset[str]] = MappingProxyType({
    "sqlite": _words("+ - * / % = == < > <= >= <> != || -> ->> & | ~ << >>"),
    "postgresql": _words(
        "+ - * / % ^ = < > <= >= <> != || :: : -> ->> #> #>> @> <@ @? @@ ? ?| ?& ~ !~ ~* !~* ~~ !~~ ~~* !~~* & && | # << >>"
    ),
    "mysql": _words("+ - * / % ^ = < > <= >= <> != <=> || && -> ->> & | ~ << >> !"),
})
"""By dialect: operators, as whole runs of signs. Comments, variables and parameters are in none of them."""
