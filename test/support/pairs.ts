/** Two ends of one connection: ours on one side, ours or node:net's on the other. Everything is closed when the test is over. */
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {connect, listen, type ConnectionOptions, type CoTcpConnection} from '../../src/index.js';
import {NetPeer} from './net-peer.js';
import {within} from './wait.js';

export type Transport = 'IPv4' | 'IPv6' | 'unix path' | 'abstract unix';

/** Which call made the connection under test. */
export type Maker = 'connect' | 'a handler' | 'accept';

export type Place = {readonly host: string; readonly port: number} | {readonly path: string};

/** Where to listen. */
export async function placeFor(t: ExecutionContext, transport: Transport): Promise<Place> {
	switch (transport) {
		case 'IPv4':
			return {host: '127.0.0.1', port: 0};
		case 'IPv6':
			return {host: '::1', port: 0};
		case 'abstract unix':
			return {path: `\0cotcp-test-${randomUUID()}`};
		case 'unix path': {
			const directory = await mkdtemp(join(tmpdir(), 'cotcp-'));
			t.teardown(async () => rm(directory, {recursive: true, force: true}));
			return {path: join(directory, 'socket')};
		}
	}
}

export interface PairOptions extends ConnectionOptions {
	readonly transport?: Transport;
	readonly madeBy?: Maker;
	/** Options of the other end, where it is ours. Default: the same. */
	readonly ofPeer?: ConnectionOptions;
}

/** Ours against node:net's. Not over abstract unix: Node 20 pads such names with NULs, which makes other names of them. */
export interface RawPair {
	readonly connection: CoTcpConnection;
	readonly peer: NetPeer;
}

/** Ours on both sides. */
export interface OwnPair {
	readonly connection: CoTcpConnection;
	readonly peer: CoTcpConnection;
}

export async function rawPair(
	t: ExecutionContext,
	{transport = 'IPv4', madeBy = 'connect', ...options}: PairOptions = {},
): Promise<RawPair> {
	const place = await placeFor(t, transport);
	if (madeBy === 'connect') {
		const server = net.createServer({allowHalfOpen: true, pauseOnConnect: true});
		await new Promise<void>(resolve => {
			server.listen(place, resolve);
		});
		t.teardown(() => server.close());
		const accepted = new Promise<net.Socket>(resolve => {
			server.once('connection', resolve);
		});
		const bound = server.address();
		const connection = await connect({
			...('path' in place ? place : {host: place.host, port: (bound as net.AddressInfo).port}),
			...options,
		});
		endAfter(t, connection);
		return {connection, peer: rawPeer(t, await accepted)};
	}

	const {address, given} = await serve(t, place, madeBy, options);
	const socket = net.connect({...address, allowHalfOpen: true});
	const peer = rawPeer(t, socket);
	await once(socket, 'connect');
	return {connection: await within(given(), 'the connection'), peer};
}

export async function ownPair(
	t: ExecutionContext,
	{transport = 'IPv4', madeBy = 'connect', ofPeer, ...options}: PairOptions = {},
): Promise<OwnPair> {
	const place = await placeFor(t, transport);
	const isClient = madeBy === 'connect';
	const {address, given} = await serve(
		t,
		place,
		isClient ? 'accept' : madeBy,
		isClient ? (ofPeer ?? options) : options,
	);
	const client = await connect({...address, ...(isClient ? options : (ofPeer ?? options))});
	endAfter(t, client);
	const server = await within(given(), 'the connection');
	return isClient ? {connection: client, peer: server} : {connection: server, peer: client};
}

function endAfter(t: ExecutionContext, connection: CoTcpConnection): void {
	t.teardown(async () => {
		connection.reset();
		await connection.closed;
	});
}

function rawPeer(t: ExecutionContext, socket: net.Socket): NetPeer {
	const peer = new NetPeer(socket);
	t.teardown(() => {
		socket.destroy();
	});
	return peer;
}

interface Served {
	readonly address: Place;
	readonly given: () => Promise<CoTcpConnection>;
}

/** One connection from a server of ours. A handler keeps it until the test is over. */
async function serve(t: ExecutionContext, place: Place, madeBy: Maker, options: ConnectionOptions): Promise<Served> {
	let give!: (connection: CoTcpConnection) => void;
	let release!: () => void;
	const handed = new Promise<CoTcpConnection>(resolve => {
		give = resolve;
	});
	const isOver = new Promise<void>(resolve => {
		release = resolve;
	});
	const handler = async (connection: CoTcpConnection): Promise<void> => {
		give(connection);
		await isOver;
	};
	const server = await listen({...place, ...options}, madeBy === 'a handler' ? handler : undefined);
	t.teardown(async () => {
		release();
		for (const connection of server.connections) connection.reset();
		await server.close({timeout: 0});
	});
	const address = 'path' in place ? place : {host: place.host, port: server.address.port};
	if (madeBy === 'a handler') return {address, given: async () => handed};
	return {
		address,
		given: async () => {
			const connection = await server.accept();
			if (connection === null) throw new Error('The server has closed');
			return connection;
		},
	};
}
