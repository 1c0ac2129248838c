import test from 'ava';
import type {CoTcpConnection} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import type {NetPeer} from '../support/net-peer.js';
import {ownPair, rawPair, type Maker, type Transport} from '../support/pairs.js';
import {checks, type Check, type Peer} from './byte-stream.js';

const transports: readonly Transport[] = ['IPv4', 'IPv6', 'unix path', 'abstract unix'];
const makers: readonly Maker[] = ['connect', 'a handler'];
const peers = ['cotcp', 'node:net'] as const;

function ofNet(peer: NetPeer): Peer {
	return {
		send: async bytes => peer.send(bytes),
		receive: async count => peer.readExactly(count),
		receiveAll: async () => peer.readAll(),
		end: async () => peer.end(),
		breakOff() {
			peer.reset();
		},
	};
}

function ofOwn(peer: CoTcpConnection): Peer {
	return {
		send: async bytes => peer.send(bytes),
		receive: async count => peer.readExactly(count),
		receiveAll: async () => peer.readAll({limit: Infinity}),
		end: async () => peer.shutdown(),
		breakOff() {
			peer.reset();
		},
	};
}

checkDescriptors(test);

const holds = test.macro(async (t, check: Check, transport: Transport, madeBy: Maker, kind: (typeof peers)[number]) => {
	const knowsReset = !transport.includes('unix');
	if (kind === 'cotcp') {
		const {connection, peer} = await ownPair(t, {transport, madeBy});
		await check(t, {connection, peer: ofOwn(peer), knowsReset});
	} else {
		const {connection, peer} = await rawPair(t, {transport, madeBy});
		await check(t, {connection, peer: ofNet(peer), knowsReset});
	}
});

for (const transport of transports) {
	for (const madeBy of makers) {
		for (const peer of peers) {
			// Node 20 pads abstract names with NULs, which makes other names of them.
			if (transport === 'abstract unix' && peer === 'node:net') continue;
			for (const [title, check] of Object.entries(checks)) {
				test.serial(
					`${transport}, made by ${madeBy}, peer of ${peer}: ${title}`,
					holds,
					check,
					transport,
					madeBy,
					peer,
				);
			}
		}
	}
}
