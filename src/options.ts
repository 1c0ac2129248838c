/**
 * The options of `listen` and `connect`.
 *
 * Times are milliseconds (fractions allowed); Infinity means "none". An option that is `undefined` counts as absent, and unknown names are ignored.
 */
import type {BlockList, LookupFunction} from 'node:net';
import type {OperationOptions} from './connection-types.js';
import type {CoTcpConnection} from './co-tcp-connection.js';
import type {TcpError} from './errors.js';
import type {ThreadOptions} from './threads/thread-types.js';

/** When the kernel probes a silent peer; what is absent is the kernel's own. */
export interface KeepAliveOptions {
	/** Silence before the first probe: ms, rounded up to whole seconds, 1,000 to 32,767,000. Default: the kernel's. */
	initialDelay?: number | undefined;
	/** Between two probes: ms, rounded up to whole seconds, 1,000 to 32,767,000. Default: the kernel's. */
	interval?: number | undefined;
	/** Probes without an answer until the connection counts as broken, 1 to 127. Default: the kernel's. */
	count?: number | undefined;
}

/** Options of a connection, for `connect` and for each connection of `listen`. */
export interface ConnectionOptions {
	/** TCP_NODELAY. Default: true. */
	noDelay?: boolean | undefined;
	/** SO_KEEPALIVE. Default: true, with the kernel's times. */
	keepAlive?: boolean | KeepAliveOptions | undefined;
	/**
	 * Bytes, an integer from 1, or Infinity. A `send` that finds more than this many bytes waiting resets the connection
	 * (LimitError). Waiting are the bytes of the calls behind the one whose turn it is, and 64 more for each of them. The new
	 * bytes are not counted, so one message of any size is always taken. Default: 2 MiB.
	 */
	maxPendingBytes?: number | undefined;
	/**
	 * Ms above 0, or Infinity. Bytes of sends wait, and the peer takes none for so long: the connection is reset (TimeoutError).
	 * Progress is what the peer's kernel has acknowledged, so a peer that reads slowly is safe. Looked at every second, for times
	 * below 8 s eight times as often: later by at most two looks, never early. Default: 60,000.
	 */
	stallTimeout?: number | undefined;
	/**
	 * Ms above 0, or Infinity. One send may take so long in all, from its turn on, however steadily the peer reads: then the
	 * connection is reset (TimeoutError). Against peers that take a byte now and then. Default: Infinity.
	 */
	sendTimeout?: number | undefined;
	/**
	 * Ms above 0, or Infinity. No byte is received or sent for so long: the connection is reset (TimeoutError). What waits in the
	 * kernel unread does not count, so a handler that does not read for so long is idle as well. Default: Infinity.
	 */
	idleTimeout?: number | undefined;
	/** Framed reading: from the first byte of a frame to its last, ms above 0, while somebody reads. Then RST (TimeoutError). Default: 60,000. */
	frameTimeout?: number | undefined;
	/** The default `timeout` of `close()`, also of the close after a handler's return: ms, 0 or more. Default: 5,000. */
	closeTimeout?: number | undefined;
	/**
	 * true: only `shutdown`, `close` and a handler's return send a FIN; every other end, the death of the process included,
	 * is RST, also between two sends. Bytes still in the kernel may then be lost at exit. Default: false (RST only while bytes
	 * that `send` accepted are not in the kernel). No effect on unix sockets.
	 */
	resetUnlessClosed?: boolean | undefined;
}

/** Where to listen and whom to take. */
export interface ServerOptions extends ConnectionOptions {
	/** First part of `connection.name`. Default: 'server'. */
	name?: string | undefined;
	/** 0 to 65,535; 0 lets the kernel choose. Exactly one of `port` and `path` must be given. */
	port?: number | undefined;
	/**
	 * IP address or name (its first address is taken), 1 to 253 characters. Default: `::` with IPv4 as well, `0.0.0.0` where
	 * there is no IPv6. Not used with `path`.
	 */
	host?: string | undefined;
	/**
	 * Unix socket, 1 to 107 bytes, removed on close; a leading NUL means the abstract namespace. An existing file is EADDRINUSE.
	 */
	path?: string | undefined;
	/** Connections the kernel holds until they are accepted: 1 to 2,147,483,647. Default: 511 (the kernel caps it at net.core.somaxconn). */
	backlog?: number | undefined;
	/** IPV6_V6ONLY: no IPv4 on `::`. Default: false. Not used with `path`. */
	ipv6Only?: boolean | undefined;
	/** SO_REUSEPORT. Default: false. (SO_REUSEADDR is always on.) Not used with `path`. */
	reusePort?: boolean | undefined;
	/** Open at one time: an integer from 1, or Infinity. Default: Infinity. */
	maxConnections?: number | undefined;
	/** At `maxConnections`: leave newcomers in the kernel's backlog, or accept and reset them. Default: 'pause'. */
	overload?: 'pause' | 'reset' | undefined;
	/**
	 * Open at one time from one IP address: an integer from 1, or Infinity. More are accepted and reset. An IPv4-mapped address
	 * is the IPv4 address. No effect on unix sockets. Default: Infinity.
	 */
	maxConnectionsPerAddress?: number | undefined;
	/**
	 * A `BlockList` of `node:net`. Peers in it are accepted and reset; asked for each newcomer, so it may change while the server
	 * listens. What a `check` of one's own throws goes to `onError`, and that peer is reset. No effect on unix sockets. Default: none.
	 */
	blockList?: BlockList | undefined;
	/** Worker threads with a loop each. Then no handler may be given: functions cannot cross threads. Default: none. */
	threads?: ThreadOptions | undefined;
}

/**
 * Options of `listen`; `signal` and `timeout` are about getting to listen, never about the server's life.
 *
 * @example
 * ```ts
 * const options: ListenOptions = {port: 9981, maxConnections: 10_000, overload: 'reset'};
 * ```
 */
export interface ListenOptions<Context = unknown> extends ServerOptions, OperationOptions {
	/**
	 * Is told what a handler threw (unless it is a ClosedError, BrokenError, TimeoutError, UnexpectedEndError, LimitError or
	 * ProtocolError of this very connection: those are outcomes and stand in `closed`), what disposing a context threw, and
	 * with `connection` undefined: failures to accept (ResourceError, at most one per pause), threads that have died, and
	 * everything that came to pass in another thread.
	 * Default: `process.emitWarning`. What it throws itself becomes a warning.
	 */
	onError?: ((error: unknown, connection: CoTcpConnection<Context> | undefined) => void) | undefined;
}

/** Whom to connect to. */
export interface ClientOptions extends ConnectionOptions {
	/** First part of `connection.name`. Default: 'client'. */
	name?: string | undefined;
	/** 1 to 65,535. Exactly one of `port` and `path` must be given. */
	port?: number | undefined;
	/** IP address or name, 1 to 253 characters. Default: 'localhost'. Not used with `path`. */
	host?: string | undefined;
	/** Unix socket, 1 to 107 bytes; a leading NUL means the abstract namespace. */
	path?: string | undefined;
	/** Addresses to take of a name. Default: 0 (both, raced as in RFC 8305). Not used with `path`. */
	family?: 0 | 4 | 6 | undefined;
	/** Finds the addresses of a name. Default: `dns.lookup`. Not used with `path`. */
	lookup?: LookupFunction | undefined;
	/** RFC 8305 connection attempt delay, ms above 0; earlier tries go on. Default: 250. */
	attemptDelay?: number | undefined;
	/** IP address to connect from. Default: the kernel's choice. Not used with `path`. */
	localAddress?: string | undefined;
	/** Port to connect from, 0 to 65,535; 0 lets the kernel choose. Default: 0. Not used with `path`. */
	localPort?: number | undefined;
}

/**
 * How to go on trying to connect.
 *
 * @example
 * ```ts
 * const retry: RetryOptions = {maxAttempts: 10, onRetry: (error, delay) => console.warn(`${error.message}; again in ${delay} ms`)};
 * ```
 */
export interface RetryOptions {
	/** Tries in all, an integer from 1, or Infinity. Default: Infinity. */
	maxAttempts?: number | undefined;
	/** Ms above 0, not more than `maxDelay`. Default: 500, doubling each time. */
	minDelay?: number | undefined;
	/** Ms above 0. Default: 30,000. */
	maxDelay?: number | undefined;
	/** Ms above 0 for one try, name lookup included; then it has failed with a TimeoutError. Default: 10,000. */
	attemptTimeout?: number | undefined;
	/**
	 * A try failed and another follows after `delay` ms. The delay is `min(minDelay * 2 ** (attempt - 1), maxDelay)` times a
	 * random factor from 0.75 to 1.25, kept within minDelay and maxDelay. `attempt` counts from 1. What it throws is an
	 * uncaughtException; the retrying goes on. Final at once, and not told here: TypeError, RangeError, EACCES, EPERM, EBADF,
	 * EAFNOSUPPORT, EINVAL, ENOTSOCK (with several addresses: if all of them fail so).
	 */
	onRetry?: ((error: TcpError, delay: number, attempt: number) => void) | undefined;
}

/**
 * Options of `connect`; `timeout` covers everything: lookup, all addresses, all retries.
 *
 * @example
 * ```ts
 * const options: ConnectOptions = {host: 'example.com', port: 80, timeout: 10_000, retry: true};
 * ```
 */
export interface ConnectOptions extends ClientOptions, OperationOptions {
	/** true: as RetryOptions says by default. Default: false, one try. */
	retry?: boolean | RetryOptions | undefined;
}
