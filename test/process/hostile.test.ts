import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {connect, type CoTcpConnection} from '../../src/index.js';
import {Child} from '../support/process-child.js';
import {RawClients} from '../support/process-raw-client.js';
import {isSanitized, isSoak} from '../support/scale.js';

const hostile = isSoak ? 1000 : 100;
const healthy = isSoak ? 50 : 10;
const stallTimeout = 3000;
/** The sanitizer keeps what is freed for a while. */
const mostGrowth = (isSanitized ? 200 : 24) * 2 ** 20;

interface Told {
	readonly stalled: number;
	readonly open: number;
	readonly handlerErrors: number;
	readonly rss: number;
}

/** A healthy peer: ping-pong until it is told to stop. Resolves to the number of answers. */
async function pings(connection: CoTcpConnection, isOver: () => boolean): Promise<number> {
	const message = Buffer.alloc(1000, 'e');
	let answers = 0;
	await connection.send('e');
	while (!isOver()) {
		await connection.send(message);
		await connection.readExactly(message.length);
		answers++;
		await delay(5);
	}

	return answers;
}

test.serial(
	`${hostile} peers that never read are ended, ${healthy} healthy ones beside them are not, and memory is back`,
	async t => {
		t.timeout(120_000);
		const server = Child.start(t, 'hostile', [String(stallTimeout)], {execArgv: ['--expose-gc']});
		const {port} = await server.next<{port: number}>();
		const ask = async (): Promise<Told> => {
			server.tell('tell');
			return server.next<Told>();
		};
		const connections = await Promise.all(
			Array.from({length: healthy}, async () => connect({host: '127.0.0.1', port})),
		);
		t.teardown(() => {
			for (const connection of connections) connection.reset();
		});
		let isOver = false as boolean;
		const running = connections.map(async connection => pings(connection, () => isOver));
		await delay(500);
		const before = await ask();
		const peers = await RawClients.connect(t, port, hostile, {receiveBytes: 4096});
		await peers.send('x');
		let told = await ask();
		let most = told.rss;
		for (let rounds = 0; told.stalled < hostile && rounds < 300; rounds++) {
			await delay(200);
			told = await ask();
			most = Math.max(most, told.rss);
		}

		t.like(told, {stalled: hostile, open: healthy, handlerErrors: 0});
		const after = (await ask()).rss - before.rss;
		t.log(`${Math.round((most - before.rss) / 1024)} KiB more at most, ${Math.round(after / 1024)} KiB afterwards`);
		t.true(after < mostGrowth, `${after} bytes more than before`);
		isOver = true;
		for (const answers of await Promise.all(running)) t.true(answers > 0);
		const ends = await peers.read();
		t.true(ends.every(({end}) => end === 'ECONNRESET'));
		server.tell('end');
		server.finish();
		t.like(await server.exited, {code: 0}, server.stderr);
	},
);
