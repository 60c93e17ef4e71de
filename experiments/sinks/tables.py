"""The tables that are read back, by their OFBiz names; only the columns that somebody here reads."""

import sqlalchemy as sa


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


ORDER_HEADER = _table("order_header", "order_id", "external_id", "grand_total", "created_stamp")
ORDER_ITEM = _table("order_item", "order_id", "order_item_seq_id", "product_id", "quantity", "unit_price")
INVENTORY_ITEM = _table("inventory_item", "inventory_item_id", "product_id", "facility_id")
INVENTORY_ITEM_DETAIL = _table(
    "inventory_item_detail", "inventory_item_id", "available_to_promise_diff", "description", "created_stamp"
)
JOB_SANDBOX = _table(
    "job_sandbox",
    "job_id",
    "job_name",
    "service_name",
    "status_id",
    "run_time",
    "start_date_time",
    "finish_date_time",
    "cancel_date_time",
    "run_by_instance_id",
    "temp_expr_id",
    "parent_job_id",
    "previous_job_id",
    "job_result",
    "current_retry_count",
    "lease_updated_stamp",
)
DATA_MANAGER_LOG = _table(
    "data_manager_log", "log_id", "status_id", "run_by_instance_id", "total_record_count", "job_id"
)
ORDER_FACILITY_CHANGE = _table("order_facility_change", "order_id", "change_datetime")
LOAD_CURSOR = _table("load_cursor", "fact_name", "cursor_date")
ORDER_FACILITY_CHANGE_FACT = _table(
    "order_facility_change_fact",
    "order_id",
    "order_item_seq_id",
    "external_id",
    "product_id",
    "quantity",
    "unit_price",
    "grand_total",
    "loaded_at",
)
