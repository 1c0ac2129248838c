import test from 'ava';
import {encode, parseRequest, solutionLine, tooBusyLine} from '../protocol.js';
import {within} from '../../../test/support/wait.js';
import {dial, exchange, grids, kindNames, receiveAll, solutions, startServer} from './support.js';

const grid = grids[0] as string;
const solution = solutions[0] as string;
const bad = 'Bad Request!\r\n';
const tooLong = 'Id too long!\r\n';
const solved = `${solution}\r\n`;

test('a request is an id before the first colon, and a puzzle of 81 characters', t => {
	t.deepEqual(parseRequest(grid), {id: '', grid});
	t.deepEqual(parseRequest(`7:${grid}`), {id: '7', grid});
	t.deepEqual(parseRequest(`:${grid}`), {id: '', grid});
	const withColon = `:${grid.slice(1)}`;
	t.deepEqual(parseRequest(`a:${withColon}`), {id: 'a', grid: withColon});
	for (const line of ['', ':', 'a:', grid.slice(1), `${grid}0`, `a:${grid}0`, `a:b:${grid}`])
		t.is(parseRequest(line), undefined, line);
});

test('an answer has the id of its request, and none if there was none', t => {
	t.is(solutionLine('', solution), `${solution}\r\n`);
	t.is(solutionLine('c0001-00000002', solution), `c0001-00000002:${solution}\r\n`);
	t.is(solutionLine('a', undefined), 'a:NoSolution\r\n');
	t.is(solutionLine('', undefined), 'NoSolution\r\n');
	t.is(tooBusyLine('a'), 'a:ServerTooBusy\r\n');
	t.is(tooBusyLine(''), 'ServerTooBusy\r\n');
	t.deepEqual(encode('\u00FF\u0000:'), Buffer.from([0xff, 0, 0x3a]));
});

interface Case {
	readonly title: string;
	readonly sent: string;
	/** What comes, although the client has not ended its half; then the end if it is no answer to a request. */
	readonly answered: string;
}

const id = (length: number) => 'i'.repeat(length);

/** Those after which the connection goes on. */
const answers: readonly Case[] = [
	{title: 'a grid', sent: `${grid}\r\n`, answered: solved},
	{title: 'a grid with an id', sent: `c0001-00000002:${grid}\r\n`, answered: `c0001-00000002:${solved}`},
	{title: 'an empty id', sent: `:${grid}\r\n`, answered: solved},
	{
		title: 'an id of 18 bytes, which makes a line of 100',
		sent: `${id(18)}:${grid}\r\n`,
		answered: `${id(18)}:${solved}`,
	},
	{
		title: 'an id of any bytes',
		sent: `\u00FF\u0000\n\r \u0080:${grid}\r\n`,
		answered: `\u00FF\u0000\n\r \u0080:${solved}`,
	},
	{title: 'a grid that has no solution', sent: `11${grid.slice(2)}\r\n`, answered: 'NoSolution\r\n'},
	{title: 'a grid with a letter', sent: `a:x${grid.slice(1)}\r\n`, answered: 'a:NoSolution\r\n'},
	{title: 'a grid with dots', sent: `${'.'.repeat(81)}\r\n`, answered: 'NoSolution\r\n'},
	{title: 'a grid with a byte above 127', sent: `\u00E9${grid.slice(1)}\r\n`, answered: 'NoSolution\r\n'},
	{
		title: 'a grid whose first character is a colon, behind an id',
		sent: `a::${grid.slice(1)}\r\n`,
		answered: 'a:NoSolution\r\n',
	},
	{title: 'a grid with a lone LF in it', sent: `\n${grid.slice(1)}\r\n`, answered: 'NoSolution\r\n'},
	{title: 'a grid with a lone CR at its end', sent: `${grid.slice(1)}\r\r\n`, answered: 'NoSolution\r\n'},
];

/** Those that end it. */
const ends: readonly Case[] = [
	{title: 'an empty line', sent: '\r\n', answered: bad},
	{title: 'a short line', sent: 'x\r\n', answered: bad},
	{title: 'a line that is a colon', sent: ':\r\n', answered: bad},
	{title: '80 digits', sent: `${grid.slice(1)}\r\n`, answered: bad},
	{title: '82 digits', sent: `${grid}0\r\n`, answered: bad},
	{title: '80 digits behind an id', sent: `a:${grid.slice(1)}\r\n`, answered: bad},
	{title: 'two colons before 81 digits', sent: `a:b:${grid}\r\n`, answered: bad},
	{title: '100 bytes that are no request', sent: `${'9'.repeat(100)}\r\n`, answered: bad},
	{title: 'a lone LF ends nothing', sent: `${grid}\n\r\n`, answered: bad},
	{title: 'two grids with a lone LF between', sent: `${grid.slice(40)}\n${grid.slice(40)}\r\n`, answered: bad},
	{title: '101 bytes without CRLF', sent: 'x'.repeat(101), answered: tooLong},
	{title: '101 bytes with CRLF', sent: `${'x'.repeat(101)}\r\n`, answered: tooLong},
	{title: 'an id of 19 bytes, which makes a line of 101', sent: `${id(19)}:${grid}\r\n`, answered: tooLong},
	{title: 'a grid and a lone LF, and more', sent: `${grid}\n${grid}`, answered: tooLong},
	{title: '100 bytes, CR, and no LF', sent: `${'x'.repeat(100)}\rx`, answered: tooLong},
	{title: 'megabytes without CRLF', sent: 'x'.repeat(3_000_000), answered: tooLong},
	{title: 'megabytes behind a bad request', sent: `x\r\n${`${grid}\r\n`.repeat(40_000)}`, answered: bad},
	{
		title: 'answers first, then a bad request',
		sent: `${grid}\r\n:${grid}\r\nx\r\n${grid}\r\n`,
		answered: `${solved}${solved}${bad}`,
	},
];

for (const kind of kindNames) {
	test(`${kind}: the answers, byte for byte, while the client's half is open`, async t => {
		await using server = await startServer(kind);
		const connection = await dial(server.port);
		for (const {title, sent, answered} of answers) {
			await connection.send(encode(sent));
			const bytes = await within(connection.readExactly(answered.length), title);
			t.is(bytes.toString('latin1'), answered, title);
		}

		t.is(connection.tryRead(), undefined);
		await connection.close();
	});

	test(`${kind}: bad requests are answered at once, then the stream ends, and the rest is ignored`, async t => {
		await using server = await startServer(kind);
		for (const {title, sent, answered} of ends) {
			const connection = await dial(server.port);
			const [text] = await within(Promise.all([receiveAll(connection), connection.send(encode(sent))]), title);
			t.is(text, answered, title);
			t.is((await connection.close()).reason, 'closed', title);
		}

		t.is(server.statistics.snapshot().bad, ends.length);
	});

	test(`${kind}: every byte in a segment of its own makes no difference`, async t => {
		await using server = await startServer(kind);
		const cases = ends.filter(({sent}) => sent.length < 300);
		const all = cases.map(async ({title, sent, answered}) => {
			const connection = await dial(server.port);
			const text = receiveAll(connection);
			for (const byte of encode(sent)) await connection.send(Buffer.of(byte));
			t.is(await within(text, title), answered, title);
			await connection.close();
		});
		await Promise.all(all);
	});

	test(`${kind}: half a request before the end is no request`, async t => {
		await using server = await startServer(kind);
		t.is(await exchange(server.port, ''), '');
		t.is(await exchange(server.port, 'x'), '');
		t.is(await exchange(server.port, grid), '');
		t.is(await exchange(server.port, `${grid}\r`), '');
		t.is(await exchange(server.port, `${grid}\r\n${grid}\r`), solved);
		t.is(await exchange(server.port, `${'x'.repeat(100)}\r`), '');
		t.is(server.statistics.snapshot().bad, 0);
	});

	test(`${kind}: a bad request that is followed by a half-close gets its answer`, async t => {
		await using server = await startServer(kind);
		for (const {title, sent, answered} of ends) t.is(await exchange(server.port, sent), answered, title);
	});
}
