"""A real Modbus TCP module with one coil, for tests: can be unplugged and plugged in again."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import WriteSingleCoilRequest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ambient.closing import Closing
from tests.patience import PATIENCE_S

COILS = 8


async def _shut_down(server: ModbusTcpServer) -> None:
    await server.shutdown()  # type: ignore[no-untyped-call]


class Module(Closing):
    """Serves on a port of its own until it is unplugged; remembers what each write said."""

    def __init__(self) -> None:
        self.port = 0
        self._said = threading.Condition()
        self._levels: list[bool] = []
        self._loop = asyncio.new_event_loop()
        self._server: ModbusTcpServer | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.plug_in()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def plug_in(self) -> None:
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(PATIENCE_S)

    def unplug(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            asyncio.run_coroutine_threadsafe(_shut_down(server), self._loop).result(PATIENCE_S)

    def wait_for(self, *levels: bool, within_s: float = PATIENCE_S) -> bool:
        """Return whether the coil took these levels one after the other, repeats left out."""
        with self._said:
            return self._said.wait_for(lambda: self._changes()[-len(levels) :] == [*levels],
                                       within_s)  # fmt: skip

    def forget(self) -> None:
        """Forget what was written."""
        with self._said:
            self._levels.clear()

    def _changes(self) -> list[bool]:
        pairs = zip(self._levels, [None, *self._levels], strict=False)
        return [level for level, before in pairs if level is not before]

    async def _serve(self) -> None:
        bits = SimData(0, count=COILS * 16, values=False, datatype=DataType.BITS)
        server = ModbusTcpServer(
            SimDevice(1, ([bits], [bits], [SimData(0)], [SimData(0)])),
            address=("127.0.0.1", self.port),
            trace_pdu=self._heard,
        )
        await server.listen()
        transport: Any = server.transport
        self.port = transport.sockets[0].getsockname()[1]
        self._server = server

    def _heard(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending and isinstance(pdu, WriteSingleCoilRequest):
            with self._said:
                self._levels.append(bool(pdu.bits[0]))
                self._said.notify_all()
        return pdu

    def close(self) -> None:
        """Unplug it for good."""
        self.unplug()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
