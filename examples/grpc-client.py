"""Trades over gRPC (port 3050) and prints what became of it.

Needs grpcio and protobuf (Debian: python3-grpcio, protobuf-compiler), and the messages of protocol/:
    protoc -I protocol --python_out=. order-entry.proto exchange.proto order_protobuf.proto
    python3 examples/grpc-client.py 127.0.0.1:3050 random1 random1
"""

import base64
import sys

import grpc

import exchange_pb2 as exchange
import order_entry_pb2 as entry
import order_protobuf_pb2 as rust

address, key_id, secret = sys.argv[1:4]
channel = grpc.insecure_channel(address)
login = [("authorization", "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode())]


def call(method, request, reply, service="bourse.v1.Exchange", metadata=login):
    to_bytes = type(request).SerializeToString
    return channel.unary_unary(f"/{service}/{method}", to_bytes, reply.FromString)(
        request, timeout=30, metadata=metadata
    )


assets = call("GetAssets", exchange.GetAssetsRequest(), exchange.GetAssetsReply, metadata=[]).assets
print("assets", [info.asset.asset for info in assets])

reports = channel.unary_stream(
    "/bourse.v1.Exchange/StreamReports",
    exchange.StreamReportsRequest.SerializeToString,
    exchange.ExecutionReport.FromString,
)(exchange.StreamReportsRequest(**{"from": 0}), timeout=30, metadata=login)

order = entry.NewOrder(asset="ETH-USD", side=entry.SELL, type=entry.LIMIT, quantity_lots=1500, price_ticks=320000)
placed = call("PlaceOrder", exchange.PlaceOrderRequest(order=order, wait=exchange.WAIT_FOR_RESULT), exchange.OrderReply)
print("placed", placed.ack.log_id, exchange.OrderStatus.Name(placed.reports[-1].status))

for report in reports:
    if report.order_id == placed.ack.log_id:
        print("reported", exchange.ReportEvent.Name(report.event), report.quantity_lots, report.price_ticks)
        break

resting = call("GetOpenOrders", exchange.GetOpenOrdersRequest(), exchange.GetOpenOrdersReply).orders
print("resting", placed.ack.log_id in [one.order_id for one in resting])

replace = entry.ReplaceOrder(asset="ETH-USD", order_id=placed.ack.log_id, quantity_lots=1000, price_ticks=320100)
call("ReplaceOrder", exchange.ReplaceOrderRequest(replace=replace, wait=exchange.WAIT_FOR_RESULT), exchange.OrderReply)
cancel = entry.CancelOrder(asset="ETH-USD", order_id=placed.ack.log_id)
gone = call("CancelOrder", exchange.CancelOrderRequest(cancel=cancel, wait=exchange.WAIT_FOR_RESULT), exchange.OrderReply)
print("canceled", exchange.OrderStatus.Name(gone.reports[-1].status), gone.reports[-1].quantity_lots)

order.price_ticks = 0
try:
    call("PlaceOrder", exchange.PlaceOrderRequest(order=order), exchange.OrderReply)
except grpc.RpcError as refused:
    trailers = dict(refused.trailing_metadata())
    print("refused", refused.code().name, trailers["bourse-name"], refused.details())

sent = rust.OrderRequest(asset_code="SOL-USDC", order_type=rust.BUY, quantity=100, price=149.5)
print("rust", call("SendOrder", sent, rust.OrderResponse, service="order_protobuf.OrderService"))
print("balances", len(call("GetBalances", exchange.GetBalancesRequest(), exchange.GetBalancesReply).balances))
