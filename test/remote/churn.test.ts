import test from 'ava';
import {connect, listen, sleep, type CoTcpConnection, type RemoteToken} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {isSanitized, isSoak, isThreadSanitized} from '../support/scale.js';
import {within} from '../support/wait.js';
import {Thread} from './support.js';

checkDescriptors(test);

const senders = 4;
const perSender = isSoak ? 250_000 : isThreadSanitized ? 25_000 : 5000;
const live = 12;
const messageBytes = 16;
const mostMs = isSoak ? 1_500_000 : 100_000;

interface Result {
	readonly accepted: Uint8Array;
	readonly refused: number;
	readonly wrong: string;
}

/** What the peers of all connections have got. */
class Ledger {
	/** Of each sender: how often each of its messages has come. */
	readonly counts = Array.from({length: senders}, () => new Uint8Array(perSender + 1));
	readonly problems: string[] = [];

	/** Everything that came on the connection with this id. */
	add(id: bigint, stream: Buffer): void {
		if (stream.length % messageBytes !== 0) this.problems.push(`${stream.length} bytes are no whole messages`);
		const last = new Array<number>(senders).fill(0);
		for (let at = 0; at + messageBytes <= stream.length; at += messageBytes) {
			const target = stream.readBigUInt64LE(at);
			const sender = stream.readUInt32LE(at + 8);
			const sequence = stream.readUInt32LE(at + 12);
			if (target !== id) this.problems.push(`a message for ${target} came to ${id}`);
			if (sequence <= (last[sender] as number))
				this.problems.push(`${sequence} of ${sender} came behind ${last[sender]}`);
			last[sender] = sequence;
			const counts = this.counts[sender] as Uint8Array;
			counts[sequence] = (counts[sequence] as number) + 1;
		}
	}
}

test.serial(`${senders * perSender} sends from 4 threads to connections that come and go`, async t => {
	t.timeout(mostMs);
	const ledger = new Ledger();
	const threads = Array.from({length: senders}, (_, number) => new Thread<Result>(t, 'sender', {number}));
	const publish = (connection: RemoteToken): void => {
		for (const thread of threads) thread.tell({connection});
	};
	let isOver = false;
	const server = await listen({port: 0, host: '127.0.0.1', closeTimeout: 60_000}, async connection => {
		// Its own messages take their turns with theirs.
		const greeting = Buffer.alloc(8);
		greeting.writeBigUInt64LE(connection.id);
		await connection.send(greeting);
		publish(connection.remote());
		await sleep(Math.random() * 30);
	});
	t.teardown(() => server.close({timeout: 0}));
	let opened = 0;
	const readOne = async (connection: CoTcpConnection): Promise<void> => {
		const id = (await connection.readExactly(8)).readBigUInt64LE();
		ledger.add(id, await connection.readAll({limit: Infinity}));
		await connection.close();
	};
	const keepOneOpen = async (): Promise<void> => {
		while (!isOver) {
			opened++;
			await readOne(await connect({host: '127.0.0.1', port: server.address.port}));
		}
	};
	const peers = Promise.all(Array.from({length: live}, keepOneOpen));
	for (const thread of threads) thread.run('churn', perSender, 32);
	const results = await Promise.all(threads.map(thread => thread.next('its result', mostMs)));
	isOver = true;
	await within(peers, 'the end of the peers', 60_000);

	t.deepEqual(ledger.problems.slice(0, 5), []);
	let accepted = 0;
	let differing = 0;
	for (const [number, result] of results.entries()) {
		t.is(result.wrong, '');
		for (let sequence = 1; sequence <= perSender; sequence++) {
			const isAccepted = result.accepted[sequence] as number;
			accepted += isAccepted;
			if (ledger.counts[number]?.[sequence] !== isAccepted) differing++;
		}

		t.is(result.refused + result.accepted.reduce((sum, one) => sum + one, 0), perSender);
	}

	t.is(differing, 0, 'what was accepted came exactly once, what was refused did not come');
	t.log(`${accepted} accepted, ${senders * perSender - accepted} refused, ${opened} connections`);
	t.true(accepted > (senders * perSender) / 50);
	t.true(isSanitized || opened > live);
	t.deepEqual(await Promise.all(threads.map(async thread => thread.exited)), [0, 0, 0, 0]);
});
