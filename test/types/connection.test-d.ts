import {Buffer} from 'node:buffer';
import type {FileHandle} from 'node:fs/promises';
import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import {
	CoTcpConnection,
	type Bytes,
	type CloseInfo,
	type CloseReason,
	type ConnectionState,
	type ConnectionStats,
	type LimitName,
	type SendFileOptions,
	type SocketAddress,
	type TcpInfo,
} from 'cotcp';

declare const connection: CoTcpConnection;
const {signal} = new AbortController();

// What it is.
expectType<bigint>(connection.id);
expectType<string>(connection.name);
expectType<SocketAddress>(connection.localAddress);
expectType<SocketAddress>(connection.remoteAddress);
expectType<ConnectionState>(connection.state);
expectType<ConnectionStats>(connection.stats);
expectType<Promise<CloseInfo>>(connection.closed);
expectType<AbortSignal>(connection.signal);
expectType<AbortSignal>(connection.draining);
expectAssignable<AsyncIterable<Buffer>>(connection);
expectAssignable<AsyncDisposable>(connection);
expectNotAssignable<Disposable>(connection);

// Reading.
expectType<Promise<Buffer | null>>(connection.read());
expectType<Promise<Buffer | null>>(connection.read({max: 1, copy: true, signal, timeout: 0}));
expectType<Buffer | null | undefined>(connection.tryRead());
expectType<Buffer | null | undefined>(connection.tryRead({max: 1, copy: true}));
expectType<Promise<number | null>>(connection.readInto(new Uint8Array(1), {signal}));
expectType<Promise<Buffer>>(connection.readExactly(8, {timeout: 1}));
expectType<Promise<Buffer | null>>(connection.readUntil('\0', {limit: 1, signal, timeout: 1}));
expectType<Promise<Buffer | null>>(connection.readUntil(Buffer.from('\0')));
expectType<Promise<string | null>>(connection.readLine({limit: Infinity}));
expectType<Promise<Buffer>>(connection.readAll({limit: 1}));
expectType<Promise<Buffer | null>>(connection.peek(1, {signal}));
expectType<Promise<void>>(connection.discard(1, {signal}));
expectType<AsyncIterableIterator<Buffer>>(connection[Symbol.asyncIterator]());
for await (const chunk of connection) expectType<Buffer>(chunk);

// Writing.
expectType<Promise<void>>(connection.send('text', {signal, timeout: 1}));
expectType<Promise<void>>(connection.send(new Uint8Array(1)));
expectType<Promise<void>>(connection.send(Buffer.from('text')));
expectType<Promise<void>>(connection.send(['text', Buffer.from('text'), new Uint8Array(new SharedArrayBuffer(1))]));
expectType<Promise<void>>(connection.send(['text', 'text'] as const));
expectType<Promise<number>>(connection.sendSome(new Uint8Array(1), {signal}));
expectType<Promise<void>>(connection.flush({signal}));
declare const handle: FileHandle;
expectType<Promise<number>>(connection.sendFile('file'));
expectType<Promise<number>>(connection.sendFile(new URL('file:///file')));
expectType<Promise<number>>(connection.sendFile(handle, {}));
expectType<Promise<number>>(
	connection.sendFile(handle, {
		offset: 1,
		length: 2,
		header: 'header',
		trailer: Buffer.from('trailer'),
		signal,
		timeout: 1,
		onProgress(sent, total) {
			expectType<number>(sent);
			expectType<number>(total);
		},
	}),
);
const fileOptions: SendFileOptions = {offset: undefined, header: new Uint8Array(1), onProgress: () => {}};
expectType<Promise<number>>(connection.sendFile('file', fileOptions));
expectType<'offset' | 'length' | 'header' | 'trailer' | 'onProgress' | 'signal' | 'timeout'>(
	{} as keyof SendFileOptions,
);

// Ending.
expectType<Promise<void>>(connection.shutdown({signal}));
expectType<Promise<CloseInfo>>(connection.close({timeout: 0}));
expectType<void>(connection.reset());
expectType<Promise<void>>(connection[Symbol.asyncDispose]());

// The rest.
expectType<TcpInfo | null>(connection.info());
expectType<CoTcpConnection>(connection.ref());
expectType<CoTcpConnection>(connection.unref());

// The context has the type it was given, and may be taken away.
declare const counted: CoTcpConnection<{count: number}>;
expectType<{count: number} | undefined>(counted.getContext());
expectType<void>(counted.setContext({count: 1}));
expectType<void>(counted.setContext(undefined));
expectType<unknown>(connection.getContext());
expectError(counted.setContext({count: '1'}));
expectError(counted.setContext(null));
expectError(counted.setContext());

// Values.
declare const address: SocketAddress;
expectType<'ipv4' | 'ipv6' | 'unix'>(address.family);
expectType<string>(address.address);
expectType<number>(address.port);
expectType<string | undefined>(address.path);
declare const info: CloseInfo;
expectType<CloseReason>(info.reason);
expectType<unknown>(info.error);
expectType<number>(info.bytesRead);
expectType<number>(info.bytesWritten);
expectType<number>(info.durationMs);
expectType<'connecting' | 'connected' | 'disconnecting' | 'disconnected'>({} as ConnectionState);
expectType<'maxPendingBytes' | 'stallTimeout' | 'sendTimeout' | 'idleTimeout' | 'frameTimeout'>({} as LimitName);
expectType<'closed' | 'reset' | 'broken' | 'error' | 'protocol' | 'cancelled' | 'aborted' | 'detached' | LimitName>(
	{} as CloseReason,
);
expectType<'bytesRead' | 'bytesWritten' | 'pendingBytes'>({} as keyof ConnectionStats);
expectType<number>({} as TcpInfo[keyof TcpInfo]);
expectType<
	| 'state'
	| 'rtt'
	| 'rttVariation'
	| 'minRtt'
	| 'congestionWindow'
	| 'sendMss'
	| 'receiveMss'
	| 'unacked'
	| 'lost'
	| 'retransmits'
	| 'bytesAcked'
	| 'bytesReceived'
	| 'notSentBytes'
	| 'deliveryRate'
>({} as keyof TcpInfo);

// Bytes are strings and Uint8Arrays, and nothing else.
expectAssignable<Bytes>('text');
expectAssignable<Bytes>(Buffer.from('text'));
expectNotAssignable<Bytes>(new ArrayBuffer(1));
expectNotAssignable<Bytes>(new SharedArrayBuffer(1));
expectNotAssignable<Bytes>(new Uint16Array(1));
expectNotAssignable<Bytes>(new DataView(new ArrayBuffer(1)));
expectNotAssignable<Bytes>([1, 2, 3]);
expectNotAssignable<Bytes>(1);
expectNotAssignable<Bytes>(null);

// What must not compile.
expectNotAssignable<new (...args: never[]) => unknown>(CoTcpConnection);
expectError(connection.send());
expectError(connection.send(new ArrayBuffer(1)));
expectError(connection.send(new Uint16Array(1)));
expectError(connection.send([1, 2, 3]));
expectError(connection.send([['nested']]));
expectError(connection.send('text', 'utf8'));
expectError(connection.send('text', () => {}));
expectError(connection.send('text', {timeoutMs: 1}));
expectError(connection.sendSome('text'));
expectError(connection.sendSome([new Uint8Array(1)]));
expectError(connection.read(10));
expectError(connection.read({size: 10}));
expectError(connection.tryRead({timeout: 1}));
expectError(connection.readInto(new ArrayBuffer(1)));
expectError(connection.readExactly());
expectError(connection.readExactly('8'));
expectError(connection.readExactly(8n));
expectError(connection.readUntil());
expectError(connection.readUntil(10));
expectError(connection.readLine({max: 1}));
expectError(connection.peek());
expectError(connection.discard());
expectError(connection.close(1000));
expectError(connection.close({signal}));
expectError(connection.reset({timeout: 1}));
expectError((connection.name = 'mine'));
expectError((connection.state = 'connected'));
expectError((address.port = 1));
expectError((info.reason = 'closed'));

expectError(connection.sendFile());
expectError(connection.sendFile(3));
expectError(connection.sendFile('file', {start: 1}));
expectError(connection.sendFile('file', {header: [1]}));
expectError(connection.sendFile('file', {header: ['a', 'b']}));
expectError(connection.sendFile('file', {offset: 1n}));
expectError(connection.sendFile('file', {length: '1'}));
expectError(connection.sendFile('file', {trailer: new ArrayBuffer(1)}));
expectError(connection.sendFile('file', {onProgress: (sent: string) => sent}));
expectError(connection.sendFile(Buffer.from('file')));
expectError(connection.sendFile({fd: 3}));

// Come with later issues.
expectError(connection.framed({}));
