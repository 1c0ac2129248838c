/** One connection of a reactor server, ended in an order that a script tells; and what must hold of the log of its callbacks. */
import {Buffer} from 'node:buffer';
import {ClosedError, type CloseInfo, type CoTcpConnection} from '../../src/index.js';
import {EventLoop, TcpServer, type TcpConnection, type TcpHandlers} from '../../src/reactor/index.js';
import {turns, until} from '../support/server-peers.js';
import {ScriptPeer} from './script-peer.js';

const KiB = 1024;
/** More than the kernel takes of a sender while nobody reads. */
const muchBytes = 6 * 1024 * KiB;

/** Where this side does something; `outside`: in no callback, in the same turn as the peer's next deed. */
export const places = ['up', 'message', 'written', 'high', 'end', 'outside'] as const;
export type Place = (typeof places)[number];

export const ownDeeds = [
	'shutdown',
	'forceClose',
	'send',
	'send much',
	'throw',
	'reject',
	'stopRead',
	'startRead',
	'forceCloseWithDelay',
	'toAwaitable',
	'stop the server',
	'close the sibling',
] as const;
export type OwnDeed = (typeof ownDeeds)[number];

/** `wait`: what has been done so far has come through; without it the next deed comes in the same turn. */
export const peerDeeds = ['say', 'say much', 'end', 'reset', 'pause', 'have the sibling close it', 'wait'] as const;
export type PeerDeed = (typeof peerDeeds)[number];

export interface Script {
	readonly hasOnEnd: boolean;
	/** One deed for each time the place is reached, in order. */
	readonly own: ReadonlyArray<readonly [place: Place, deed: OwnDeed]>;
	readonly peer: readonly PeerDeed[];
}

export type Word = 'up' | 'message' | 'written' | 'high' | 'end' | 'error' | 'down' | 'close';

export interface Story {
	readonly log: readonly Word[];
	readonly info: CloseInfo | undefined;
	/** Errors of the connection's handlers that onError heard of. */
	readonly errors: readonly unknown[];
	/** Everything that must not have been, in words. */
	readonly faults: readonly string[];
	/** Bytes that `send` took of it and that the peer received. */
	readonly sent: number;
	readonly received: number;
}

class Actor {
	readonly server: TcpServer;
	readonly log: Word[] = [];
	readonly errors: unknown[] = [];
	readonly faults: string[] = [];
	readonly awaitables: CoTcpConnection[] = [];
	info: CloseInfo | undefined;
	/** The first connection is the one that the script is about, the second its sibling. */
	connection: TcpConnection | undefined;
	sibling: TcpConnection | undefined;
	sent = 0;
	thrown = 0;
	isStopped = false;
	readonly #own: Array<readonly [Place, OwnDeed]>;
	#depth = 0;

	constructor(script: Script) {
		this.#own = [...script.own];
		this.server = new TcpServer(
			EventLoop.current(),
			{port: 0, host: '127.0.0.1', highWaterMark: 64 * KiB, maxPendingBytes: 2 * muchBytes},
			this.#handlers(script.hasOnEnd),
		);
	}

	/** What the script has for this place now. What it returns is what the handler returns. */
	act(place: Place): unknown {
		const index = this.#own.findIndex(([wanted]) => wanted === place);
		if (index < 0) return undefined;
		const [[, deed]] = this.#own.splice(index, 1) as [readonly [Place, OwnDeed]];
		if (place === 'outside' && (deed === 'throw' || deed === 'reject')) return undefined;
		return this.#do(deed);
	}

	hasLeft(place: Place): boolean {
		return this.#own.some(([wanted]) => wanted === place);
	}

	closeFromSibling(): void {
		this.#inside(() => this.connection?.forceClose());
	}

	#do(deed: OwnDeed): unknown {
		const {connection} = this;
		if (connection === undefined) return undefined;
		switch (deed) {
			case 'throw':
				this.thrown++;
				throw new Error('a handler threw');
			case 'reject':
				this.thrown++;
				return Promise.reject(new Error('a handler rejected'));
			case 'send': {
				this.#send(connection, 5);
				return;
			}
			case 'send much': {
				this.#send(connection, muchBytes);
				return;
			}
			case 'close the sibling':
				return this.#inside(() => this.sibling?.forceClose());
			case 'forceCloseWithDelay': {
				this.#inside(() => {
					connection.forceCloseWithDelay(1);
				});
				return;
			}
			case 'stop the server':
				this.isStopped = true;
				return void this.#inside(async () => this.server.stop({timeout: 60_000}));
			case 'toAwaitable': {
				this.#inside(() => {
					if (connection.state === 'connected') this.awaitables.push(connection.toAwaitable());
				});
				return;
			}
			default: {
				this.#inside(() => {
					connection[deed]();
				});
				return;
			}
		}
	}

	/** Refused only after an end of this side's. */
	#send(connection: TcpConnection, bytes: number): void {
		try {
			this.#inside(() => {
				connection.send(Buffer.alloc(bytes, 'x'));
			});
			this.sent += bytes;
		} catch (error) {
			if (!(error instanceof ClosedError)) this.faults.push(`send threw ${String(error)}`);
		}
	}

	/** No callback comes while this runs. */
	#inside<T>(call: () => T): T {
		this.#depth++;
		try {
			return call();
		} finally {
			this.#depth--;
		}
	}

	#note(word: Word, connection: TcpConnection | undefined): boolean {
		if (this.#depth > 0) this.faults.push(`${word} came inside a call`);
		if (connection === undefined || connection !== this.connection) return false;
		this.log.push(word);
		return true;
	}

	#handlers(hasOnEnd: boolean): TcpHandlers {
		const handlers: TcpHandlers = {
			onConnection: connection => {
				if (this.connection === undefined) this.connection = connection;
				else if (connection !== this.connection) this.sibling = connection;
				if (connection.state === 'disconnected') this.#note('down', connection);
				else if (this.#note('up', connection)) {
					if (connection.state !== 'connected') this.faults.push(`up while ${connection.state}`);
					return this.act('up') as undefined;
				}
			},
			onMessage: (connection, buffer) => {
				if (buffer.readableBytes === 0) this.faults.push('a message without bytes');
				buffer.retrieveAll();
				if (this.#note('message', connection)) return this.act('message') as undefined;
				this.closeFromSibling();
			},
			onWriteComplete: connection => {
				if (connection.stats.pendingBytes > 0) this.faults.push('write-complete with output pending');
				if (this.#note('written', connection)) return this.act('written') as undefined;
			},
			onHighWaterMark: (connection, bytes) => {
				if (bytes <= 64 * KiB) this.faults.push(`high water at ${bytes}`);
				if (this.#note('high', connection)) return this.act('high') as undefined;
			},
			onError: (error, connection) => {
				if (this.#note('error', connection)) this.errors.push(error);
				else this.faults.push(`an error of nobody: ${String(error)}`);
			},
			onClose: (connection, info) => {
				if (connection.state !== 'disconnected') this.faults.push(`closed while ${connection.state}`);
				if (this.#note('close', connection)) this.info = info;
			},
		};
		if (hasOnEnd)
			handlers.onEnd = connection => {
				if (this.#note('end', connection)) return this.act('end') as undefined;
				connection.shutdown();
			};
		return handlers;
	}
}

function doAsPeer(deed: PeerDeed, peer: ScriptPeer, sibling: ScriptPeer): void {
	switch (deed) {
		case 'say':
			peer.say('hello');
			break;
		case 'say much':
			peer.say(Buffer.alloc(300 * KiB));
			break;
		case 'end':
			peer.end();
			break;
		case 'reset':
			peer.reset();
			break;
		case 'pause':
			peer.pause();
			break;
		case 'have the sibling close it':
			sibling.say('x');
			break;
		case 'wait':
			peer.resume();
	}
}

/** Until nothing has happened for some turns: both sides are in this process, and the loopback does not wait. */
async function settle({log, connection}: Actor, peer: ScriptPeer): Promise<void> {
	const picture = (): string => [log.length, peer.received, connection?.stats.bytesWritten].join(' ');
	for (let quiet = 0, before = picture(); quiet < 5; quiet++) {
		await turns(1);
		const now = picture();
		if (now !== before) quiet = 0;
		before = now;
	}
}

/** Plays it to the end: whoever is still there then is reset by its peer, and the server stopped. */
export async function play(script: Script): Promise<Story> {
	const actor = new Actor(script);
	await actor.server.start();
	const {address} = actor.server;
	const peer = await ScriptPeer.dial(address);
	// What is done in the up callback may end the server.
	const connecting = ScriptPeer.dial(address).catch(() => peer);
	await until('it is up', () => actor.connection !== undefined);
	const sibling = await connecting;
	for (const deed of script.peer) {
		if (actor.hasLeft('outside')) actor.act('outside');
		if (!peer.isOver) doAsPeer(deed, peer, sibling);
		if (deed === 'wait') await settle(actor, peer);
	}

	while (actor.hasLeft('outside')) actor.act('outside');
	peer.resume();
	await settle(actor, peer);
	if (actor.info?.reason === 'closed') await peer.ended;
	// Its own reset may have overtaken what was on its way to it.
	const mustHaveAll = actor.info?.reason === 'closed' && !script.peer.includes('reset');
	peer.reset();
	sibling.reset();
	for (const awaitable of actor.awaitables) awaitable.reset();
	await actor.server.stop({timeout: 1000});
	if (actor.info === undefined) actor.faults.push('stop() resolved before onClose was called');
	await turns(3);
	const {server, connection} = actor;
	if (server.connections.size > 0 || server.stats.open > 0) actor.faults.push('the server still has connections');
	if (connection !== undefined) checkAfterEnd(connection, actor.faults);
	if (actor.errors.length !== actor.thrown)
		actor.faults.push(`${actor.thrown} errors were thrown, ${actor.errors.length} told`);
	const {log, info, errors, sent} = actor;
	const faults = [...actor.faults, ...faultsOfLog(log, script.hasOnEnd)];
	if (mustHaveAll && peer.received !== sent)
		faults.push(`closed in good order with ${peer.received} of ${sent} bytes at the peer`);
	return {log, info, errors, faults, sent, received: peer.received};
}

function checkAfterEnd(connection: TcpConnection, faults: string[]): void {
	try {
		connection.send('late');
		faults.push('a send after the end was taken');
	} catch (error) {
		if (!(error instanceof ClosedError)) faults.push(`a send after the end threw ${String(error)}`);
	}

	connection.shutdown();
	connection.forceClose();
	connection.stopRead();
	connection.startRead();
	connection.forceCloseWithDelay(0);
	if (connection.remoteAddress.address !== '127.0.0.1') faults.push('its address is gone');
}

/** The state machine of the callbacks: what may follow what. */
const mayFollow: Readonly<Record<Word | 'nothing', readonly Word[]>> = {
	nothing: ['up'],
	up: ['message', 'written', 'high', 'end', 'error', 'down'],
	message: ['message', 'written', 'high', 'end', 'error', 'down'],
	written: ['message', 'written', 'high', 'end', 'error', 'down'],
	high: ['message', 'written', 'high', 'end', 'error', 'down'],
	end: ['written', 'high', 'error', 'down'],
	error: ['error', 'down'],
	down: ['close'],
	close: [],
};

export function faultsOfLog(log: readonly Word[], hasOnEnd: boolean): string[] {
	const faults: string[] = [];
	const fail = (what: string): void => void faults.push(`${what}: ${log.join(' ')}`);
	let before: Word | 'nothing' = 'nothing';
	let isEnded = false;
	for (const word of log) {
		if (!mayFollow[before].includes(word)) fail(`${word} after ${before}`);
		if (isEnded && (word === 'message' || word === 'end')) fail(`${word} after the end`);
		if (word === 'end') isEnded = true;
		before = word;
	}

	if (before !== 'close') fail('no onClose at the end');
	if (isEnded && !hasOnEnd) fail('an end that nobody asked for');
	return faults;
}
