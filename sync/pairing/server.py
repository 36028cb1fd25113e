"""The pairing desk's door: TLS, one line each way, in a thread of its own beside the panel.

Not HTTP on purpose: there is one question and one answer, and nothing else that a stranger could ask for.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from sync.certificates import CertificateError, ServerFiles
from sync.pairing.desk import Desk, origin
from sync.pairing.messages import LONGEST_LINE, Answer, Authority, Refused, WhoAreYou, decode_ask, encode

PATIENCE_S = 10.0
"""How long a handshake, a line, or an answer's way out may take each."""
MOST_CONNECTIONS, MOST_FROM_ONE = 256, 32
"""At once, from everywhere and from one house; who comes on top of that is hung up on. Our choice."""
LOOK_S = 3600.0
"""How often the certificate is looked at for renewal."""
LATER = Refused("The clinic's database does not answer now. Try again in a minute.")
NOT_READ = Refused("This was not understood. Station and panel may be of different versions.")


class PairingServer:
    """A desk that stations reach at ``host``:``port`` until :meth:`close`; closing twice is harmless.

    ``files`` gives the server's certificate, renewed where that is due. Raises OSError where the port is taken.
    """

    def __init__(self, desk: Desk, files: Callable[[], ServerFiles], host: str, port: int) -> None:
        self.port = port
        self.problem: str | None = None
        self._desk = desk
        self._files = files
        self._host = host
        self._open: Counter[str] = Counter()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority = self._load()
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._stopping = asyncio.Event()
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="pairing", daemon=True)
        self._thread.start()
        try:
            self.port = started.result()
        except OSError:
            self._thread.join()
            raise

    def close(self) -> None:
        """Return once no socket is open and no thread is left."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it may have ended just now
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def __enter__(self) -> PairingServer:
        """Return the running server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.close()

    def _load(self) -> Authority:
        files = self._files()
        self._context.load_cert_chain(files.certificate, files.key)
        self.problem = files.problem
        return Authority(files.ca.read_text("ascii"))

    def _run(self, started: Future[int]) -> None:
        with self._runner:
            self._runner.run(self._serve(started))

    async def _serve(self, started: Future[int]) -> None:
        try:
            server = await asyncio.start_server(self._meet, self._host, self.port, limit=LONGEST_LINE)
        except OSError as exc:
            started.set_exception(exc)
            return
        started.set_result(server.sockets[0].getsockname()[1])
        async with server:
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), LOOK_S)
                self._renew()

    def _renew(self) -> None:
        try:
            self._authority = self._load()
        except (CertificateError, OSError) as exc:
            self.problem = str(exc)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(writer.get_extra_info("peername")[0])
        house = origin(address)
        self._open[house] += 1
        try:
            if self._open.total() <= MOST_CONNECTIONS and self._open[house] <= MOST_FROM_ONE:
                # Not before it is counted: whoever never shakes hands holds a socket as well.
                await writer.start_tls(self._context, ssl_handshake_timeout=PATIENCE_S)
                line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
                writer.write(encode(self._answer(line, address)))
                await asyncio.wait_for(writer.drain(), PATIENCE_S)
        except (OSError, ValueError, TimeoutError):
            pass  # a stranger who says nothing, too much, or hangs up
        finally:
            self._open[house] -= 1
            self._open += Counter()  # drops those who have gone
            writer.close()

    def _answer(self, line: bytes, address: str) -> Answer:
        try:
            ask = decode_ask(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return NOT_READ
        if isinstance(ask, WhoAreYou):
            return self._authority
        try:
            return self._desk.answer(ask, address)
        except SQLAlchemyError:
            return LATER
