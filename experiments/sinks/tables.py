"""The tables that are read back, by their OFBiz names; only the columns that somebody here reads."""

import sqlalchemy as sa


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


ORDER_HEADER = _table("order_header", "order_id", "external_id", "grand_total", "created_stamp")
ORDER_ITEM = _table("order_item", "order_id", "order_item_seq_id", "product_id", "quantity", "unit_price")
SHIPMENT = _table(
    "shipment", "shipment_id", "status_id", "origin_facility_id", "shipment_method_type_id", "last_updated_stamp"
)
SHIPMENT_ITEM = _table("shipment_item", "shipment_id", "shipment_item_seq_id", "product_id", "quantity")
ORDER_SHIPMENT = _table("order_shipment", "order_id", "order_item_seq_id", "shipment_id", "shipment_item_seq_id")
ORDER_STATUS = _table("order_status", "order_id", "status_id", "status_datetime")
INVENTORY_ITEM = _table("inventory_item", "inventory_item_id", "product_id", "facility_id")
INVENTORY_ITEM_DETAIL = _table(
    "inventory_item_detail",
    "inventory_item_id",
    "effective_date",
    "available_to_promise_diff",
    "description",
    "created_stamp",
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
    "from_facility_id",
    "loaded_at",
)
INVENTORY_ITEM_DETAIL_FACT = _table(
    "inventory_item_detail_fact",
    "inventory_item_detail_fact_id",
    "facility_id",
    "product_id",
    "available_to_promise_diff",
    "description",
    "loaded_at",
)
ORDER_ITEM_FULFILLMENT_FACT = _table(
    "order_item_fulfillment_fact",
    "external_id",
    "order_id",
    "order_item_seq_id",
    "shipment_id",
    "product_id",
    "quantity",
    "facility_id",
    "loaded_at",
)
