import test from 'ava';
import {checkDescriptors} from '../support/descriptors.js';
import {runChild} from '../support/child.js';

checkDescriptors(test);

/** Two connected ends, in the child. */
const pair = `
const {connect, listen, sleep} = cotcp;
const server = await listen({host: '127.0.0.1', port: 0});
const [client, peer] = await Promise.all([connect({host: '127.0.0.1', port: server.address.port}), server.accept()]);
server.unref();
`;

const exitsWith = test.macro(async (t, program: string, code: number, output: RegExp) => {
	const outcome = await runChild(program);
	t.is(outcome.code, code, outcome.stdout + outcome.stderr);
	t.regex(outcome.stdout + outcome.stderr, output);
});

test(
	'an open connection keeps the process alive',
	exitsWith,
	`${pair}
peer.unref();
setTimeout(() => { console.log('still here'); client.reset(); }, 200).unref();
`,
	0,
	/still here/u,
);

test(
	"an unref'd connection does not, ref'd again it does, and twice counts once",
	exitsWith,
	`${pair}
peer.unref();
client.unref().unref();
client.ref().ref().unref();
setTimeout(() => console.log('still here'), 10_000).unref();
console.log('done');
`,
	0,
	/^done\n$/u,
);

test(
	"a read on an unref'd connection does not keep the process alive",
	exitsWith,
	`${pair}
peer.unref();
client.unref().read().then(() => console.log('read'));
console.log('done');
`,
	0,
	/^done\n$/u,
);

test(
	"a top-level await on an unref'd connection ends with code 13",
	exitsWith,
	`${pair}
peer.unref();
client.unref();
await client.read();
`,
	13,
	/^$/u,
);

test(
	'a connection nobody refers to any more keeps the process alive until it ends',
	exitsWith,
	`
const {connect, listen} = cotcp;
const server = await listen({host: '127.0.0.1', port: 0}, async connection => { await connection.send(await connection.read()); });
{
	const client = await connect({host: '127.0.0.1', port: server.address.port});
	client.read().then(chunk => { console.log(String(chunk)); return client.close(); }).then(() => server.close());
	setTimeout(() => { globalThis.gc?.(); client.send('pong'); }, 50).unref();
}
`,
	0,
	/pong/u,
);

test(
	'promises dropped when a connection ends are never an unhandledRejection',
	exitsWith,
	`${pair}
process.on('unhandledRejection', error => { console.log('unhandled', error); process.exitCode = 5; });
const big = Buffer.alloc(32 * 1024 * 1024);
const drop = connection => {
	connection.read();
	connection.read({timeout: 10_000}).catch(() => {}); // BusyError: an ordinary one
	connection.send(big);
	connection.send('x');
	connection.send(['x'], {timeout: 10_000});
	connection.sendSome(Buffer.from('x'));
	connection.flush();
	connection.shutdown();
};
const starts = [c => c.readExactly(5), c => c.readLine(), c => c.readUntil('x'), c => c.readAll(), c => c.peek(5), c => c.discard(5), c => c.readInto(new Uint8Array(5)), c => c[Symbol.asyncIterator]().next(), c => c.read({max: 5})];
const late = connection => {
	for (const start of starts) start(connection);
	connection.read();
	connection.send('late');
	connection.send('late', {timeout: 5});
	connection.sendSome(Buffer.from('x'));
	connection.flush();
	connection.shutdown();
	connection.close();
};
for (const start of starts) {
	const [a, b] = await Promise.all([connect({host: '127.0.0.1', port: server.address.port}), server.accept()]);
	start(a);
	a.send(big);
	b.reset();
	await a.closed;
	late(a);
	late(b);
	const [c, d] = await Promise.all([connect({host: '127.0.0.1', port: server.address.port}), server.accept()]);
	start(c);
	start(d).catch(() => {}); // the end of its stream may come first: UnexpectedEndError, an ordinary one
	void c.close({timeout: 0});
	late(c);
	await sleep(1);
	d.reset();
	late(d);
}
drop(client);
drop(peer);
client.reset();
peer.reset();
late(client);
late(peer);
await sleep(20);
await server.close();
console.log('done');
`,
	0,
	/^done\n$/u,
);

const unhandled = (call: string): string => `${pair}
process.on('unhandledRejection', error => { console.log('unhandled', error.code ?? error); process.exit(5); });
${call};
setTimeout(() => process.exit(0), 2000);
`;
test(
	'a dropped TimeoutError is an unhandledRejection',
	exitsWith,
	unhandled('client.read({timeout: 1})'),
	5,
	/ETIMEDOUT/u,
);
test('a dropped TimeoutError of timeout 0 is one', exitsWith, unhandled('client.read({timeout: 0})'), 5, /ETIMEDOUT/u);
test('a dropped BusyError is one', exitsWith, unhandled('client.read(); client.read()'), 5, /ERR_TCP_BUSY/u);
test(
	'a dropped send after shutdown is one',
	exitsWith,
	unhandled('await client.shutdown(); client.send("x")'),
	5,
	/ERR_TCP_CLOSED/u,
);
test('a dropped RangeError is one', exitsWith, unhandled('client.readExactly(-1)'), 5, /ERR_OUT_OF_RANGE/u);
test('a dropped abort is one', exitsWith, unhandled('client.read({signal: AbortSignal.abort("mine")})'), 5, /mine/u);
test(
	'a dropped LimitError is one',
	exitsWith,
	unhandled('peer.send("abcdef"); client.readLine({limit: 2})'),
	5,
	/ERR_TCP_LIMIT/u,
);
test(
	'a dropped UnexpectedEndError is one',
	exitsWith,
	unhandled('peer.shutdown(); client.readExactly(2)'),
	5,
	/ERR_TCP_UNEXPECTED_END/u,
);

test(
	'process.exit in the middle of a big send is a reset for the peer',
	exitsWith,
	`
const {listen} = cotcp;
const {spawn} = await import('node:child_process');
const server = await listen({host: '127.0.0.1', port: 0});
const sender = "import {connect} from '" + ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)} + "';" +
	"const c = await connect({host: '127.0.0.1', port: " + server.address.port + "}); c.send(Buffer.alloc(50 * 1024 * 1024)); setTimeout(() => process.exit(0), 50);";
const child = spawn(process.execPath, ['--import=./scripts/type-script/register.mjs', '--input-type=module', '--eval', sender], {stdio: 'inherit'});
const peer = await server.accept();
await new Promise(resolve => child.once('exit', resolve));
try {
	await peer.readAll({limit: Infinity});
	console.log('a clean end');
} catch (error) {
	console.log(error.code);
}
await server.close({timeout: 0});
`,
	0,
	/^ECONNRESET\n$/u,
);
